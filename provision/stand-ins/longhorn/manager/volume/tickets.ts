import { withCondition } from '../conditions.ts';
import type { AttachmentTicket, AttachmentTicketStatus, Volume } from '../objects.ts';
import { isNodeDown, type Surroundings, type VolumeView } from '../view.ts';

/** Which attacher goes first when several want a volume (k8s/pkg/apis/longhorn/v1beta2/volumeattachment.go). */
const priorities: Readonly<Record<string, number>> = {
  'volume-restore-controller': 2000,
  'volume-expansion-controller': 2000,
  'longhorn-api': 1000,
  'csi-attacher': 900,
  'salvage-controller': 900,
  'share-manager-controller': 900,
  'snapshot-controller': 800,
  'backup-controller': 800,
  'volume-clone-controller': 800,
  'volume-eviction-controller': 800,
  'bim-ds-controller': 800,
  'volume-rebuilding-controller': 800,
};

/** The node that a volume shall be attached to, from its attachment tickets: `volume.spec.nodeID`. */
export function followTickets(view: VolumeView, around: Surroundings): void {
  const { volume } = view;
  const tickets = countingTickets(view);
  if (volume.spec.nodeID !== '') {
    const wanted = tickets.some((ticket) => ticket.nodeID === volume.spec.nodeID);
    if (volume.status.robustness !== 'faulted' && wanted) return;
    volume.spec.nodeID = '';
    volume.spec.lastAttachedBy = '';
    return;
  }
  if (volume.status.state !== 'detached' || volume.status.robustness === 'faulted') return;
  const next = firstTicket(tickets);
  if (next === undefined || isNodeDown(around, next.nodeID)) return;
  volume.spec.nodeID = next.nodeID;
  volume.spec.lastAttachedBy = next.parameters?.['lastAttachedBy'] ?? '';
}

/** Whether each ticket is satisfied, as the CSI plugin and the REST API read it. */
export function reportTickets(view: VolumeView, around: Surroundings): void {
  const { attachment, volume } = view;
  if (attachment === undefined) return;
  const known = attachment.status?.attachmentTicketStatuses ?? {};
  const statuses = Object.entries(attachment.spec.attachmentTickets ?? {}).map(
    ([id, ticket]) => [id, ticketStatus(ticket, known[id], volume, around.now)] as const,
  );
  attachment.status = { attachmentTicketStatuses: Object.fromEntries(statuses) };
}

/** True for a volume that is shared by a share manager; its CSI tickets are summed up in one of the share manager's. */
export function isShared(volume: Volume): boolean {
  return volume.spec.accessMode === 'rwx' && !volume.spec.migratable;
}

export function csiTickets(view: VolumeView): AttachmentTicket[] {
  return ticketsOf(view).filter((ticket) => ticket.type === 'csi-attacher');
}

function ticketsOf(view: VolumeView): AttachmentTicket[] {
  return Object.values(view.attachment?.spec.attachmentTickets ?? {});
}

function countingTickets(view: VolumeView): AttachmentTicket[] {
  return ticketsOf(view).filter((ticket) => !(isShared(view.volume) && ticket.type === 'csi-attacher'));
}

function firstTicket(tickets: readonly AttachmentTicket[]): AttachmentTicket | undefined {
  const priority = (ticket: AttachmentTicket): number => priorities[ticket.type] ?? 0;
  return tickets.toSorted((one, other) => priority(other) - priority(one) || (one.id < other.id ? -1 : 1))[0];
}

function ticketStatus(
  ticket: AttachmentTicket,
  known: AttachmentTicketStatus | undefined,
  volume: Volume,
  now: Date,
): AttachmentTicketStatus {
  const { satisfied, message } = satisfaction(ticket, volume);
  const conditions = withCondition(known?.conditions, { type: 'Satisfied', status: satisfied ? 'True' : 'False', message }, now);
  return { id: ticket.id, satisfied, conditions, generation: ticket.generation ?? 0 };
}

function satisfaction(ticket: AttachmentTicket, volume: Volume): { satisfied: boolean; message: string } {
  const { state, currentNodeID, shareState, shareEndpoint } = volume.status;
  if (isShared(volume) && ticket.type === 'csi-attacher') {
    return shareState === 'running' && shareEndpoint !== ''
      ? { satisfied: true, message: 'The attachment ticket is satisfied' }
      : { satisfied: false, message: 'Waiting for volume share to be available' };
  }
  if (currentNodeID === '' || state !== 'attached') return { satisfied: false, message: '' };
  if (ticket.nodeID === currentNodeID) return { satisfied: true, message: '' };
  return { satisfied: false, message: `the volume is currently attached to different node ${currentNodeID} ` };
}
