import type { ServiceInfo } from '../../harness/platform/talos/messages.ts';

/** States in which a service without a health check is up (Talos v1.11: internal/app/machined/pkg/system, StateEventUp). */
const upStates = ['Running', 'Finished', 'Skipped'];

/**
 * The services that are not healthy, by their ids. Talos tells of a service that has no health check, or has not been checked yet,
 * that its health is unknown, and not healthy (Talos v1.11: internal/app/machined/pkg/system/health): its state tells of it.
 */
export function serviceFaults(services: readonly Pick<ServiceInfo, 'id' | 'state' | 'health'>[]): string[] {
  return services.filter(isFaulty).map(({ id }) => id);
}

function isFaulty({ state, health }: Pick<ServiceInfo, 'state' | 'health'>): boolean {
  return health?.unknown === true ? !upStates.includes(state) : health?.healthy === false;
}
