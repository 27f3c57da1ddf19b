import type {
  Column,
  Condition,
  Dashboard,
  Grouping,
  LogQuery,
  MetricLine,
  MetricQuery,
  Variable,
} from '@tailrace/dashboards';

const started = message('Session Start');
const ended = message('Session End');
const stolen = message('Port Steal');
const functional = message(
  ...['Session Start', 'Session End', 'Port Steal', 'Port Mirror', 'Port Release', 'Copy Target'],
);
const startedByUser: Column = { ...distinct('Sessions', 'session_id'), where: [started] };
const medianSession: Column = { ...percentile(50), name: 'Median session', unit: 'seconds', where: [ended] };
const userGroups = [
  by('client_user', 50, 'User'),
  by('client_hostname', 3, 'Machine'),
  by('target_namespace', 5, 'Namespace'),
];
const noMetrics = { kibana: 'Kibana reads logs, and this is a metric' };

/** How mirrord is used in a cluster: its operator's functional log, and its metrics. */
export const dashboard: Dashboard = {
  id: 'mirrord-usage',
  system: 'mirrord',
  name: 'Usage',
  description: 'Who uses mirrord, on which targets, for how long, and what gets in their way.',
  time: { from: '24h', refresh: '1m' },
  base: [
    // logstash-* holds the logs of others, too.
    { field: 'kubernetes.container_name', is: 'mirrord-operator' },
    // Copies that mirrord itself makes are no targets that somebody chose; events without a target stay in.
    { field: 'fields.target_name', startsNotWith: 'mirrord-copy-' },
  ],
  datadogTags: { kube_deployment: 'mirrord-operator' },
  variables: [
    variable('target_namespace', 'Namespace'),
    variable('target_type', 'Kind of target'),
    variable('target_name', 'Target'),
    variable('client_user', 'User'),
  ],
  links: ['pipeline-health'],
  rows: [
    {
      title: 'At a glance',
      panels: [
        {
          ...{ kind: 'stat', id: 'sessions', title: 'Sessions', unit: 'none', width: 4, height: 4 },
          description: 'Sessions that began. None at all during working hours: look at the licence and at the errors.',
          query: logs([started], [distinct('sessions', 'session_id')]),
        },
        {
          ...{ kind: 'stat', id: 'active-users', title: 'Active users', unit: 'none', width: 4, height: 4 },
          description:
            'Clients that did anything, told by their certificates. Fewer than usual: somebody cannot get in.',
          query: logs([functional], [distinct('users', 'client_id')]),
        },
        {
          ...{ kind: 'stat', id: 'targets-used', title: 'Targets used', unit: 'none', width: 4, height: 4 },
          description:
            'Different targets of sessions. One target for everybody is where users get into each other’s way.',
          query: logs([started], [distinct('targets', 'target_name')]),
        },
        {
          ...{ kind: 'stat', id: 'median-session', title: 'Median session', unit: 'seconds', width: 4, height: 4 },
          description:
            'Half of the sessions that ended were shorter. A few seconds: sessions break off instead of being used.',
          query: logs([ended], [percentile(50)]),
        },
        {
          ...{ kind: 'stat', id: 'licence-valid', title: 'Licence valid for', unit: 'days', width: 4, height: 4 },
          description: 'Until the operator’s licence ends. Below 30 days: renew it; at 0 sessions are refused.',
          query: metrics({
            ...{ name: 'licence', shape: 'gauge', fold: 'min' },
            ...{ metric: 'mirrord_license_valid_seconds', scale: 1 / 86_400 },
          }),
          thresholds: [{ color: 'bad' }, { from: 7, color: 'warning' }, { from: 30, color: 'good' }],
          except: noMetrics,
        },
        {
          ...{
            kind: 'stat',
            id: 'errors-and-warnings',
            title: 'Errors and warnings',
            unit: 'none',
            width: 4,
            height: 4,
          },
          description: 'Records of level ERROR or WARN. Any is worth a look at the newest events below.',
          query: logs([{ field: 'level', is: ['ERROR', 'WARN'] }], [count('records')]),
          thresholds: [{ color: 'good' }, { from: 1, color: 'bad' }],
        },
      ],
    },
    {
      title: 'Sessions',
      panels: [
        {
          ...{ kind: 'timeseries', id: 'sessions-over-time', title: 'Sessions over time', unit: 'none' },
          ...{ draw: 'bars', stacked: true, width: 12, height: 8 },
          description: 'Sessions that began, by user. A gap during working hours is an outage for developers.',
          query: overTime([started], [count('sessions')], by('client_user', 10, 'User')),
        },
        {
          ...{ kind: 'timeseries', id: 'open-sessions', title: 'Open sessions (estimate)', unit: 'none' },
          ...{ draw: 'line', width: 12, height: 8 },
          description:
            'Sessions that began minus those that ended, counted from the beginning of the time shown; those open before are not in it. A line that only rises: sessions do not end, or their ends are not logged.',
          query: {
            ...overTime(
              [],
              [
                { ...count('began'), where: [started] },
                { ...count('ended'), where: [ended] },
              ],
            ),
            running: { plus: 'began', minus: 'ended' },
          },
          except: { kibana: 'Lens has no difference of two running sums' },
        },
        {
          ...{ kind: 'timeseries', id: 'session-duration', title: 'Session duration', unit: 'seconds' },
          ...{ draw: 'line', width: 12, height: 8 },
          description: 'Percentiles of sessions by when they ended. A falling median: sessions break off.',
          query: overTime([ended], [percentile(50), percentile(95), percentile(99)]),
        },
        {
          ...{ kind: 'timeseries', id: 'session-duration-metric', title: 'Session duration (metric)', unit: 'seconds' },
          ...{ draw: 'line', width: 12, height: 8 },
          description:
            'The same from the operator’s histogram. Far from the panel beside it: logs are missing, or metrics.',
          query: metrics(quantile('mirrord_sessions_duration', 50), quantile('mirrord_sessions_duration', 95)),
          except: noMetrics,
        },
        {
          ...{ kind: 'timeseries', id: 'events-by-kind', title: 'Events by kind', unit: 'none' },
          ...{ draw: 'bars', stacked: true, width: 24, height: 8 },
          description: 'All functional events. Many releases without ends of sessions: connections break.',
          query: overTime([functional], [count('events')], by('message', 12, 'Kind')),
        },
      ],
    },
    {
      title: 'Who and where',
      panels: [
        {
          ...{ kind: 'toplist', id: 'top-targets', title: 'Top targets', unit: 'none', width: 8, height: 8 },
          description: 'Targets by sessions. One far ahead of all: a candidate for a copy target or a queue split.',
          query: logs([started], [distinct('sessions', 'session_id')], by('target_name', 10, 'Target')),
        },
        {
          ...{ kind: 'toplist', id: 'top-users', title: 'Top users', unit: 'none', width: 8, height: 8 },
          description: 'Users by sessions. Hundreds by one user in a day: a script, or sessions that break off.',
          query: logs([started], [distinct('sessions', 'session_id')], by('client_user', 10, 'User')),
        },
        {
          ...{ kind: 'toplist', id: 'top-namespaces', title: 'Top namespaces', unit: 'none', width: 8, height: 8 },
          description: 'Namespaces by sessions. A production namespace here: look at the policies of the operator.',
          query: logs([started], [distinct('sessions', 'session_id')], by('target_namespace', 10, 'Namespace')),
        },
        {
          ...{ kind: 'table', id: 'users', title: 'Users', unit: 'none', width: 16, height: 9 },
          description: 'Each user and machine. A median of seconds beside many sessions: theirs break off.',
          query: logs(
            [functional],
            [startedByUser, medianSession, { op: 'last_seen', name: 'Last seen' }],
            ...userGroups,
          ),
          drillDown: 'User',
          instead: {
            datadog: {
              query: logs([functional], [startedByUser, medianSession], ...userGroups),
              description:
                'Each user and machine. A median of seconds beside many sessions: theirs break off. When one was seen last is in the events.',
            },
          },
        },
        {
          ...{ kind: 'toplist', id: 'cli-versions', title: 'CLI versions', unit: 'none', width: 8, height: 9 },
          description:
            'Users by the version of their command line. Old ones: ask for an update before you report a fault.',
          query: logs([started], [distinct('users', 'client_id')], by('client_cli_version', 10, 'Version')),
        },
      ],
    },
    {
      title: 'Ports and copies',
      panels: [
        {
          ...{ kind: 'timeseries', id: 'steal-and-mirror', title: 'Steal and mirror', unit: 'none' },
          ...{ draw: 'bars', stacked: true, width: 12, height: 8 },
          description: 'Ports taken over and ports listened to. Steals take traffic away from the target.',
          query: overTime([message('Port Steal', 'Port Mirror')], [count('events')], by('message', 2, 'Kind')),
        },
        {
          ...{ kind: 'toplist', id: 'stolen-ports', title: 'Stolen ports', unit: 'none', width: 6, height: 8 },
          description: 'Ports by steals. A port of a database or of health checks: probably a mistake.',
          query: logs([stolen], [count('steals')], by('port', 10, 'Port')),
        },
        {
          ...{ kind: 'donut', id: 'steals-by-filter', title: 'Steals with and without a filter', unit: 'none' },
          ...{ width: 6, height: 8 },
          description: 'A steal without an HTTP filter takes the whole port: nobody else can use the target meanwhile.',
          query: logs(
            [stolen],
            [
              { ...count('with a filter'), where: [{ field: 'fields.http_filter', exists: true }] },
              { ...count('without'), where: [{ field: 'fields.http_filter', exists: false }] },
            ],
          ),
        },
        {
          ...{ kind: 'table', id: 'http-filters', title: 'HTTP filters in use', unit: 'none', width: 12, height: 8 },
          description: 'Filters of steals. One that matches everything is no filter.',
          query: logs(
            [stolen],
            [{ ...count('Steals') }],
            by('http_filter', 20, 'Filter'),
            by('target_name', 5, 'Target'),
            by('client_user', 5, 'User'),
          ),
        },
        {
          ...{ kind: 'table', id: 'port-conflicts', title: 'Port conflicts to look at', unit: 'none' },
          ...{ width: 12, height: 8 },
          description:
            'Ports of targets that more than one user stole. They may have waited for each other, or used filters.',
          query: {
            ...logs(
              [stolen],
              [distinct('Users', 'client_user'), count('Steals')],
              by('target_name', 50, 'Target'),
              by('port', 20, 'Port'),
            ),
            having: { name: 'Users', atLeast: 2 },
          },
          except: {
            kibana: 'Lens tables cannot leave out rows by a number',
            datadog: 'tables of logs cannot leave out rows by a number',
          },
        },
        {
          ...{ kind: 'timeseries', id: 'copy-targets', title: 'Copy targets, scaled down', unit: 'none' },
          ...{ draw: 'bars', stacked: true, width: 24, height: 6 },
          description:
            'Copies of targets; with scale-down the original stands still meanwhile, which colleagues notice.',
          query: overTime([message('Copy Target')], [count('copies')], by('scale_down', 2, 'Scaled down')),
        },
      ],
    },
    {
      title: 'Operator',
      panels: [
        {
          ...{ kind: 'heatmap', id: 'ping-latency-heatmap', title: 'Ping latency, spread', unit: 'seconds' },
          ...{ width: 12, height: 8 },
          description: 'Round trips between users and the operator. A second band far above: one site has a bad line.',
          query: metrics({ name: 'ping', shape: 'buckets', metric: 'mirrord_operator_ping_latency' }),
          except: noMetrics,
        },
        {
          ...{ kind: 'timeseries', id: 'ping-latency', title: 'Ping latency', unit: 'seconds' },
          ...{ draw: 'line', width: 12, height: 8 },
          description: 'Percentiles of those round trips. Above half a second every stolen request feels slow.',
          query: metrics(
            quantile('mirrord_operator_ping_latency', 50),
            quantile('mirrord_operator_ping_latency', 95),
            quantile('mirrord_operator_ping_latency', 99),
          ),
          except: noMetrics,
        },
        {
          ...{ kind: 'timeseries', id: 'stolen-traffic', title: 'Stolen requests and connections', unit: 'per_second' },
          ...{ draw: 'line', width: 12, height: 8 },
          description: 'Traffic that went to a developer instead of the target, by target.',
          query: metrics(
            rate('requests', 'mirrord_stolen_requests_count', 'target'),
            rate('connections', 'mirrord_stolen_connections_count', 'target'),
          ),
          except: noMetrics,
        },
        {
          ...{ kind: 'timeseries', id: 'sqs-messages', title: 'SQS messages', unit: 'per_second' },
          ...{ draw: 'line', width: 8, height: 8 },
          description:
            'Messages of split queues. Unmatched ones that grow beside forwarded ones: a filter that nobody’s messages meet.',
          query: metrics(
            rate('read', 'mirrord_read_sqs_messages_count', 'original_queue'),
            rate('forwarded', 'mirrord_sqs_messages_forwarded_to_user_count', 'original_queue'),
            rate('unmatched', 'mirrord_unmatched_sqs_messages_count', 'original_queue'),
          ),
          except: noMetrics,
        },
        {
          ...{ kind: 'stat', id: 'sqs-match-ratio', title: 'SQS match ratio', unit: 'ratio', width: 4, height: 8 },
          description:
            'Share of the messages read from split queues that went to a user. 0 while users wait: their filters do not fit.',
          query: metrics({
            ...{ name: 'matched', shape: 'ratio', atMost: 1 },
            over: { shape: 'increase', metric: 'mirrord_sqs_messages_forwarded_to_user_count' },
            under: { shape: 'increase', metric: 'mirrord_read_sqs_messages_count' },
          }),
          except: noMetrics,
        },
        {
          ...{ kind: 'timeseries', id: 'ci-and-previews', title: 'CI sessions and previews', unit: 'none' },
          ...{ draw: 'bars', width: 24, height: 6 },
          description:
            'Sessions that pipelines began, and preview environments. None after a deployment of CI: its credentials.',
          query: metrics(
            { name: 'CI sessions', shape: 'increase', metric: 'mirrord_ci_sessions_create_total' },
            { name: 'previews', shape: 'increase', metric: 'mirrord_previews_create_total' },
          ),
          except: noMetrics,
        },
      ],
    },
    {
      title: 'Events',
      panels: [
        {
          ...{ kind: 'events', id: 'latest-events', title: 'Latest events', unit: 'none', width: 24, height: 12 },
          description: 'The newest records, warnings and errors among them.',
          where: [],
          columns: [
            { field: '@timestamp', name: 'Time' },
            { field: 'level', name: 'Level' },
            { field: 'fields.message', name: 'Message' },
            { field: 'fields.client_user', name: 'User' },
            { field: 'fields.target_namespace', name: 'Namespace' },
            { field: 'fields.target_name', name: 'Target' },
            { field: 'fields.port', name: 'Port' },
            { field: 'fields.session_duration', name: 'Duration' },
          ],
        },
      ],
    },
  ],
};

function message(...is: string[]): Condition {
  return { field: 'fields.message', is };
}

function logs(where: Condition[], agg: LogQuery['agg'], ...groups: Grouping[]): LogQuery {
  return { source: 'logs', where, agg, by: groups };
}

function overTime(where: Condition[], agg: LogQuery['agg'], ...groups: Grouping[]): LogQuery {
  return { ...logs(where, agg, ...groups), over: 'time' };
}

function by(field: string, size: number, name: string): Grouping {
  return { field: `fields.${field}`, size, name };
}

function count(name: string): Column {
  return { op: 'count', name };
}

function distinct(name: string, field: string): Column {
  return { op: 'cardinality', field: `fields.${field}`, name };
}

function percentile(percent: 50 | 95 | 99): Column {
  return { op: 'percentile', field: 'fields.session_duration', percent, name: `p${percent}` };
}

function metrics(...lines: MetricQuery['lines']): MetricQuery {
  return { source: 'metrics', of: 'mirrord', lines };
}

function quantile(metric: string, percent: 50 | 95 | 99): MetricLine {
  return { name: `p${percent}`, shape: 'quantile', metric, percent };
}

function rate(name: string, metric: string, label: string): MetricLine {
  return { name, shape: 'rate', metric, by: [label] };
}

function variable(name: string, label: string): Variable {
  return { name, label, field: `fields.${name}` };
}
