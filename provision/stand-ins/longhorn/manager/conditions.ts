import type { Condition, ConditionStatus } from './objects.ts';

/** RFC 3339 in UTC with seconds, as Longhorn writes times. */
export function timestamp(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

export interface ConditionChange {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason?: string;
  readonly message?: string;
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}

/** The list with the condition set; its transition time moves only when the status does. */
export function withCondition(conditions: readonly Condition[] | undefined, change: ConditionChange, now: Date): Condition[] {
  const known = conditionOf(conditions, change.type);
  const next: Condition = {
    type: change.type,
    status: change.status,
    lastProbeTime: '',
    lastTransitionTime: known?.status === change.status ? known.lastTransitionTime : timestamp(now),
    reason: change.reason ?? '',
    message: change.message ?? '',
  };
  if (known === undefined) return [...(conditions ?? []), next];
  return (conditions ?? []).map((condition) => (condition.type === change.type ? next : condition));
}

/** Conditions by type, as the REST API answers them. */
export function conditionsByType(conditions: readonly Condition[] | undefined): Record<string, Condition> {
  return Object.fromEntries((conditions ?? []).map((condition) => [condition.type, condition]));
}
