/** Who the driver is. */
export const driverName = 'driver.longhorn.io';
export const driverVersion = 'v1.10.1';
/** Topology key that the driver reports for its node. */
export const topologyKey = 'kubernetes.io/hostname';
