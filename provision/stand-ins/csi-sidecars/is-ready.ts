import type { caller } from '../grpc.ts';

/** livenessprobe's own default (--probe-timeout) is a second; a lab's machine may be busy. */
const answerWithinMs = 3000;

/** CSI's Probe: a driver that says nothing of it is ready (csi.proto, ProbeResponse). Throws when it does not answer. */
export async function isReady(ask: ReturnType<typeof caller>): Promise<boolean> {
  const { ready } = (await ask('Probe', {}, answerWithinMs)) as { ready?: { value: boolean } | null };
  return ready?.value ?? true;
}
