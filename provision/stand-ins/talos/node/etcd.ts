import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EtcdAlarm, EtcdMember, EtcdStatus } from '../../../../harness/platform/talos/messages.ts';
import type { Places } from './places.ts';
import { run } from './run.ts';

/** The node's own etcd, asked by etcdctl. */
export class Etcd {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  async members(): Promise<EtcdMember[]> {
    const { members } = parse(await this.#ask(['member', 'list', '--write-out=json'])) as { members: RawMember[] };
    return members.map(({ ID, name = '', peerURLs = [], clientURLs = [], isLearner = false }) => ({
      id: ID,
      hostname: name,
      peerUrls: peerURLs,
      clientUrls: clientURLs,
      isLearner,
    }));
  }

  async status(): Promise<EtcdStatus> {
    const [entry] = parse(await this.#ask(['endpoint', 'status', '--write-out=json'])) as { Status: RawStatus }[];
    if (entry === undefined) throw new Error(`etcd of ${hostname()} gave no status`);
    const { Status: status } = entry;
    return {
      memberId: status.header.member_id,
      leader: status.leader ?? '0',
      protocolVersion: status.version,
      storageVersion: `${status.version.split('.').slice(0, 2).join('.')}.0`,
      dbSize: status.dbSize ?? '0',
      dbSizeInUse: status.dbSizeInUse ?? '0',
      raftIndex: status.raftIndex ?? '0',
      raftTerm: status.raftTerm ?? '0',
      raftAppliedIndex: status.raftAppliedIndex ?? '0',
      errors: status.errors ?? [],
      isLearner: status.isLearner ?? false,
    };
  }

  async alarms(): Promise<EtcdAlarm[]> {
    const { alarms = [] } = parse(await this.#ask(['alarm', 'list', '--write-out=json'])) as {
      alarms?: { memberID: string; alarm: string }[];
    };
    return alarms.map(({ memberID, alarm }) => ({ memberId: memberID, alarm: alarm === '1' ? 'NOSPACE' : 'CORRUPT' }));
  }

  /** Hands the leadership to the first other member in the order of the list, as Talos does (internal/pkg/etcd); says to whom. */
  async forfeitLeadership(): Promise<string> {
    const [{ memberId, leader }, members] = await Promise.all([this.status(), this.members()]);
    if (members.length === 1) throw new Error('cannot forfeit leadership, only one member');
    const next = members.find(({ id }) => id !== memberId);
    if (leader !== memberId || next === undefined) return '';
    await this.#ask(['move-leader', BigInt(next.id).toString(16)]);
    return next.hostname;
  }

  /** Saves a snapshot and says where it is; to be forgotten after use. */
  async snapshot(): Promise<string> {
    const file = join(tmpdir(), `etcd-snapshot-${randomUUID()}`);
    await this.#ask(['snapshot', 'save', file]);
    return file;
  }

  async forgetSnapshot(file: string): Promise<void> {
    await rm(file, { force: true });
    await rm(`${file}.part`, { force: true });
  }

  #ask(command: readonly string[]): Promise<string> {
    const pki = this.#places.kubernetesPki;
    const connection = [
      '--endpoints=https://127.0.0.1:2379',
      `--cacert=${pki}/etcd-ca.crt`,
      `--cert=${pki}/etcd-client.crt`,
      `--key=${pki}/etcd-client.key`,
      '--command-timeout=8s',
    ];
    return run(this.#places.etcdctl, [...connection, ...command]);
  }
}

interface RawMember {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: string[];
  readonly clientURLs?: string[];
  readonly isLearner?: boolean;
}

interface RawStatus {
  readonly header: { readonly member_id: string };
  readonly version: string;
  readonly leader?: string;
  readonly dbSize?: string;
  readonly dbSizeInUse?: string;
  readonly raftIndex?: string;
  readonly raftTerm?: string;
  readonly raftAppliedIndex?: string;
  readonly errors?: string[];
  readonly isLearner?: boolean;
}

/** Member IDs have 64 bits: every whole number becomes text before it is parsed. */
function parse(json: string): unknown {
  return JSON.parse(json.replaceAll(/([:[,])(\d+)(?=[,}\]])/g, '$1"$2"'));
}
