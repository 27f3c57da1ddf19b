import type { FieldRead, FieldUse, Target } from '@tailrace/dashboards';

/**
 * What the dashboards read that mirrord publishes beside its documentation, panel by panel (github.com/metalbear-co/docs,
 * docs/managing-mirrord/assets). Loki writes `fields_client_id` for what is `fields.client_id` in the line.
 */
type Uses = Partial<Record<FieldUse, readonly string[]>>;

const KIBANA: Readonly<Record<string, Uses>> = {
  'all panels': {
    equals_text: ['kubernetes.namespace_name', 'kubernetes.container_name'],
    choice: ['fields.target_type', 'fields.target_namespace', 'fields.target_name'],
    time: ['@timestamp'],
  },
  'User Sessions': {
    groups: ['fields.client_id', 'fields.target_type', 'fields.target_namespace', 'fields.target_name'],
    distinct: ['fields.session_id'],
  },
  Session: { groups: ['fields.target_namespace', 'fields.target_name'], distinct: ['fields.session_id'] },
  'Copy Target Events': {
    equals_text: ['fields.message'],
    groups: [
      ...['fields.client_id', 'fields.target_type', 'fields.target_namespace', 'fields.target_name'],
      'fields.scale_down',
    ],
  },
  'Port Steal Events': {
    equals_text: ['fields.message'],
    groups: [
      ...['fields.client_id', 'fields.target_type', 'fields.target_namespace', 'fields.target_name', 'fields.message'],
      ...['fields.port', 'fields.http_filter', 'fields.session_id'],
    ],
  },
};

const GRAFANA: Readonly<Record<string, Uses>> = {
  'Client Usage': { equals_text: ['fields.message'], groups: ['fields.client_id', 'fields.client_name'] },
  'User Count': { groups: ['fields.client_id'] },
  'Target Sessions': { equals_text: ['level'], exists: ['fields.target_type'], begins_with: ['fields.target_name'] },
  Events: { equals_text: ['level', 'fields.message'] },
};

const DATADOG: Readonly<Record<string, Uses>> = {
  'all panels': { choice: ['fields.target_type', 'fields.target_namespace', 'fields.target_name'] },
  Sessions: {
    groups: ['fields.session_id', 'fields.client_id', 'fields.client_name', 'fields.client_hostname'],
  },
  Targets: {
    groups: ['fields.target_namespace', 'fields.target_type', 'fields.target_name'],
    distinct: ['fields.session_id'],
  },
  'Copy Target Events': {
    equals_text: ['fields.message'],
    shown: [
      ...['fields.client_id', 'fields.target_type', 'fields.target_namespace', 'fields.target_name'],
      'fields.scale_down',
    ],
  },
  'Port Events': {
    equals_text: ['fields.message'],
    shown: [
      ...['fields.client_id', 'fields.target_type', 'fields.target_namespace', 'fields.target_name'],
      ...['fields.message', 'fields.port'],
    ],
  },
  Logs: { exists: ['fields.message'], shown: ['level', 'fields.target_name'] },
  'Users (last 30 days)': { groups: ['fields.client_id', 'fields.client_name', 'fields.client_hostname'] },
};

/** Tags that Datadog's published dashboard searches for. */
export const PUBLISHED_TAGS = ['kube_deployment:mirrord-operator', 'kube_container_name:mirrord-operator'];

/** All of it. */
export const PUBLISHED: readonly FieldRead[] = [
  ...readsOf('Kibana', 'kibana', KIBANA),
  ...readsOf('Grafana', 'grafana', GRAFANA),
  ...readsOf('Datadog', 'datadog', DATADOG),
];

function readsOf(name: string, target: Target, panels: Readonly<Record<string, Uses>>): FieldRead[] {
  return Object.entries(panels).flatMap(([panel, uses]) =>
    Object.entries(uses).flatMap(([use, fields]) =>
      fields.map((field) => ({ panel: `${name}: ${panel}`, target, field, use: use as FieldUse })),
    ),
  );
}
