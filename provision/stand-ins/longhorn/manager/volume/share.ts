import type { Surroundings, VolumeView } from '../view.ts';
import { newShareManager } from './new-objects.ts';
import { csiTickets, isShared } from './tickets.ts';

/** Id of the ticket that sums up the CSI tickets of a shared volume. */
export function shareTicketId(volume: string): string {
  return `share-manager-controller-${volume}`;
}

/** True while some pod wants a shared volume. */
export function isShareWanted(view: VolumeView): boolean {
  return isShared(view.volume) && view.volume.status.robustness !== 'faulted' && csiTickets(view).length > 0;
}

/** A shared volume has a share manager, and shows its state and endpoint. */
export function shareVolume(view: VolumeView, around: Surroundings): void {
  const { volume } = view;
  if (!isShared(volume)) return;
  view.shareManager ??= newShareManager(volume, around.shareManagerImage);
  volume.status.shareState = view.shareManager.status?.state ?? '';
  volume.status.shareEndpoint = view.shareManager.status?.endpoint ?? '';
}
