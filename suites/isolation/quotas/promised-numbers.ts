/** Guide, Step 6 (Tenant Namespace Isolation Template): the numbers of ResourceQuota tenant-quota, by resource. */
export const quotaNumbers = {
  'requests.cpu': '2',
  'requests.memory': '4Gi',
  'limits.cpu': '4',
  'limits.memory': '8Gi',
  persistentvolumeclaims: '10',
  'requests.storage': '50Gi',
  'longhorn.storageclass.storage.k8s.io/requests.storage': '50Gi',
  'count/secrets': '30',
  'count/configmaps': '30',
  'count/services': '20',
  'count/pods': '50',
} as const;

export type QuotaResource = keyof typeof quotaNumbers;

/** Guide, Step 6: the numbers of LimitRange tenant-limits, by type, constraint and resource. */
export const limitNumbers = {
  Container: {
    default: { cpu: '500m', memory: '256Mi' },
    defaultRequest: { cpu: '100m', memory: '128Mi' },
    max: { cpu: '2', memory: '4Gi' },
    min: { cpu: '50m', memory: '64Mi' },
  },
  PersistentVolumeClaim: { max: { storage: '20Gi' }, min: { storage: '1Gi' } },
} as const;
