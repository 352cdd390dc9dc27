/** The folders of the cache that hold entries. */
export const areas = ['components', 'rootfs', 'stand-ins', 'images'] as const;
