import { hour, minute, second } from './duration.ts';

/** The settings that OpenCost documents, under the names of its environment variables. */
export interface Settings {
  readonly apiPort: number;
  readonly mcpPort: number | undefined;
  readonly prometheusUrl: string;
  /** Identity of the cluster where Prometheus's series carry none. */
  readonly clusterId: string;
  /** The label that carries a series' cluster. */
  readonly clusterLabel: string;
  /** Steps in which running time is measured, unless a request says otherwise. */
  readonly resolution: number;
  /** Longer windows are queried in pieces of this length. */
  readonly maxQueryDuration: number;
  readonly queryConcurrency: number;
  readonly queryTimeout: number;
  /** Folder of default.json, the price list. */
  readonly configPath: string;
}

/** Defaults are OpenCost's (pkg/env/costmodelenv.go), but for the query timeout: 120 s there. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const number = (name: string, otherwise: number): number => Number(environment[name] ?? otherwise) || otherwise;
  return {
    apiPort: number('API_PORT', 9003),
    mcpPort: environment['MCP_SERVER_ENABLED'] === 'false' ? undefined : number('MCP_HTTP_PORT', 8081),
    prometheusUrl: (environment['PROMETHEUS_SERVER_ENDPOINT'] ?? 'http://localhost:9090').replace(/\/$/, ''),
    clusterId: environment['CLUSTER_ID'] ?? '',
    clusterLabel: environment['PROM_CLUSTER_ID_LABEL'] ?? 'cluster_id',
    resolution: number('ETL_RESOLUTION_SECONDS', 300) * second,
    maxQueryDuration: number('ETL_MAX_PROMETHEUS_QUERY_DURATION_MINUTES', (24 * hour) / minute) * minute,
    queryConcurrency: number('MAX_QUERY_CONCURRENCY', 5),
    queryTimeout: number('PROMETHEUS_QUERY_TIMEOUT_SECONDS', 20) * second,
    configPath: environment['CONFIG_PATH'] ?? '/models',
  };
}
