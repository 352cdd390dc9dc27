/** Rows of the database. SQLite has no booleans: 0 and 1. */

interface Timestamps {
  readonly created_at: string;
  readonly updated_at: string;
}

export interface User extends Timestamps {
  readonly id: number;
  readonly email: string;
  readonly password_digest: string;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly admin: number;
  readonly password_change_required: number;
}

export interface Account extends Timestamps {
  readonly id: number;
  readonly name: string;
  readonly slug: string;
  readonly owner_id: number;
}

export type Role = 'owner' | 'admin' | 'member';

export interface AccountUser extends Timestamps {
  readonly id: number;
  readonly account_id: number;
  readonly user_id: number;
  readonly role: Role;
}

export interface ApiToken extends Timestamps {
  readonly id: number;
  readonly user_id: number;
  readonly name: string;
  readonly access_token: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  /** 1 once the dashboard has printed it in full, which it does a single time. */
  readonly shown: number;
}

export interface Cluster extends Timestamps {
  readonly id: number;
  readonly account_id: number;
  readonly name: string;
  readonly cluster_type: string;
  readonly status: string;
  /** YAML; null for the cluster that Canine itself runs in. */
  readonly kubeconfig: string | null;
}

export interface Project extends Timestamps {
  readonly id: number;
  readonly cluster_id: number;
  readonly name: string;
  readonly namespace: string;
  readonly managed_namespace: number;
  /** Registry host, for example docker.io. */
  readonly repository_base_url: string;
  /** Repository in the registry, for example library/nginx. */
  readonly repository_url: string;
  /** For an image: its tag. */
  readonly branch: string;
  readonly autodeploy: number;
  readonly status: 'creating' | 'deployed' | 'destroying';
  readonly current_deployment_id: number | null;
}

export interface Service extends Timestamps {
  readonly id: number;
  readonly project_id: number;
  readonly name: string;
  readonly service_type: ServiceType;
  readonly status: 'pending' | 'healthy' | 'unhealthy' | 'updated';
  readonly replicas: number;
  readonly container_port: number;
  readonly command: string | null;
  readonly healthcheck_url: string | null;
  readonly allow_public_networking: number;
  /** Of a cron job. */
  readonly schedule: string | null;
}

export type ServiceType = 'web_service' | 'background_service' | 'cron_job';

export interface Domain extends Timestamps {
  readonly id: number;
  readonly service_id: number;
  readonly domain_name: string;
  readonly status: 'checking_dns' | 'dns_verified' | 'dns_incorrect';
}

export interface EnvironmentVariable extends Timestamps {
  readonly id: number;
  readonly project_id: number;
  readonly name: string;
  readonly value: string;
  readonly storage_type: 'config' | 'secret';
}

export type JobStatus = 'in_progress' | 'completed' | 'failed' | 'killed';

export interface Build extends Timestamps {
  readonly id: number;
  readonly project_id: number;
  readonly status: JobStatus;
  readonly commit_sha: string;
  readonly commit_message: string | null;
  readonly logs: string;
}

export interface Deployment extends Timestamps {
  readonly id: number;
  readonly build_id: number;
  readonly status: JobStatus;
  /** Counts the project's deployments: 1.0.0, 2.0.0... */
  readonly version: string;
  /** JSON: `<kind>/<name>` to the YAML that was applied. */
  readonly manifests: string;
  readonly logs: string;
}
