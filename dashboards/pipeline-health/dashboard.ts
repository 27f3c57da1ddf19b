import type { Dashboard, Row } from '@tailrace/dashboards';
import {
  byCode,
  byComponent,
  byReason,
  gauge,
  increase,
  max,
  metrics,
  min,
  ofEvents,
  ofKind,
  overTime,
  quantiles,
  rate,
  records,
  sum,
  worst,
} from './queries.ts';

const RECEIVED = 'tailrace_component_received_events_total';
const SENT = 'tailrace_component_sent_events_total';
const DISCARDED = 'tailrace_component_discarded_events_total';
const DEAD_LETTERED = 'tailrace_component_dead_lettered_events_total';
const ERRORS = 'tailrace_component_errors_total';
const LAG = 'tailrace_event_lag_seconds';
const REQUEST_SECONDS = 'tailrace_sink_request_duration_seconds';
const REQUEST_EVENTS = 'tailrace_sink_request_events';

const atAGlance: Row = {
  title: 'At a glance',
  panels: [
    {
      ...{ kind: 'stat', id: 'events-in', title: 'Events in', unit: 'per_second', width: 4, height: 4 },
      description: 'What sources read. Nothing while programs write logs: files are not found, or a sink holds all up.',
      query: metrics(rate('events', RECEIVED, { component_kind: 'source' })),
      instead: ofEvents(records('component', [ofKind('source')], [sum('events', 'delta.received_events')]), {
        unit: 'none',
        title: 'Events read',
      }),
    },
    {
      ...{ kind: 'stat', id: 'events-out', title: 'Events out', unit: 'per_second', width: 4, height: 4 },
      description: 'What targets stored, all sinks together. Nothing while events come in: look at errors and queues.',
      query: metrics(rate('events', SENT, { component_kind: 'sink' })),
      instead: ofEvents(records('component', [ofKind('sink')], [sum('events', 'delta.sent_events')]), {
        unit: 'none',
        title: 'Events stored',
      }),
    },
    {
      ...{ kind: 'stat', id: 'lost', title: 'Lost', unit: 'none', width: 4, height: 4 },
      description:
        'Events let go although no rule of the pipeline says so, such as by a full queue. Any is bad; the reasons are below.',
      query: metrics(increase('events', DISCARDED, { intentional: 'false' })),
      thresholds: [{ color: 'good' }, { from: 1, color: 'bad' }],
      instead: ofEvents(
        records('discards', [{ field: 'intentional', is: false }], [sum('events', 'delta.discarded_events')]),
      ),
    },
    {
      ...{ kind: 'stat', id: 'dead-letters', title: 'Dead letters', unit: 'none', width: 4, height: 4 },
      description:
        'Events that were refused for good; they lie in dead-letters.ndjson. Mend the cause, then replay them.',
      query: metrics(increase('events', DEAD_LETTERED, {})),
      thresholds: [{ color: 'good' }, { from: 1, color: 'bad' }],
      instead: ofEvents(records('component', [], [sum('events', 'delta.dead_lettered_events')])),
    },
    {
      ...{ kind: 'stat', id: 'delivery-lag', title: 'Delivery lag p95', unit: 'seconds', width: 4, height: 4 },
      description: 'From an event’s time to its delivery. Minutes: a target is slow, or old files are read.',
      query: metrics({ name: 'p95', shape: 'quantile', metric: LAG, percent: 95 }),
      thresholds: [{ color: 'good' }, { from: 30, color: 'warning' }, { from: 300, color: 'bad' }],
      instead: ofEvents(records('component', [], [max('p95', 'lag_seconds.p95')]), { title: 'Worst delivery lag p95' }),
    },
    {
      ...{ kind: 'stat', id: 'errors', title: 'Errors', unit: 'none', width: 4, height: 4 },
      description: 'Errors of all components, those that a retry mended included. Many: look at their codes below.',
      query: metrics(increase('errors', ERRORS, {})),
      thresholds: [{ color: 'good' }, { from: 1, color: 'warning' }, { from: 100, color: 'bad' }],
      instead: ofEvents(records('errors', [], [sum('errors', 'delta.errors')])),
    },
  ],
};

const flow: Row = {
  title: 'Flow',
  panels: [
    {
      ...{ kind: 'timeseries', id: 'received', title: 'Events in, by component', unit: 'per_second' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'What each component takes in. One that falls while those before it do not: it is what holds up.',
      query: metrics(rate('in', RECEIVED, {}, 'component_id')),
      instead: ofEvents(overTime('component', [], [sum('events', 'delta.received_events')], byComponent), {
        unit: 'none',
      }),
    },
    {
      ...{ kind: 'timeseries', id: 'sent', title: 'Events out, by component', unit: 'per_second' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'What each component gives on, of sinks what their targets stored. A sink at 0: its target is away.',
      query: metrics(rate('out', SENT, {}, 'component_id')),
      instead: ofEvents(overTime('component', [], [sum('events', 'delta.sent_events')], byComponent), {
        unit: 'none',
      }),
    },
    {
      ...{ kind: 'timeseries', id: 'in-flight', title: 'In minus out', unit: 'none' },
      ...{ draw: 'line', width: 12, height: 8 },
      description:
        'Events that a component took in and that have not ended, whatever their end. A line that only rises is a backlog.',
      query: metrics(gauge('events', 'sum', 'tailrace_component_in_flight_events', 'component_id')),
      instead: ofEvents(overTime('component', [], [max('events', 'in_flight_events')], byComponent)),
    },
    {
      ...{ kind: 'timeseries', id: 'lag-percentiles', title: 'Delivery lag', unit: 'seconds' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'From an event’s time to its delivery, the oldest event of each request. Rising: it cannot keep up.',
      query: quantiles(LAG),
      instead: ofEvents(overTime('component', [], worst('lag_seconds')), {
        title: 'Delivery lag, the worst of each step',
      }),
    },
  ],
};

const sinks: Row = {
  title: 'Sinks',
  panels: [
    {
      ...{ kind: 'timeseries', id: 'queue-fill', title: 'Queue fill', unit: 'ratio' },
      ...{ draw: 'line', width: 12, height: 8 },
      description:
        'Share of each sink’s queue that is in use. Near 1 sources wait, or events are dropped if so chosen.',
      query: metrics({
        ...{ name: 'used', shape: 'ratio', atMost: 1 },
        over: gauge('', 'sum', 'tailrace_buffer_bytes', 'component_id'),
        under: gauge('', 'sum', 'tailrace_buffer_max_bytes', 'component_id'),
      }),
      thresholds: [{ color: 'good' }, { from: 0.8, color: 'warning' }, { from: 0.95, color: 'bad' }],
      instead: ofEvents(overTime('component', [ofKind('sink')], [max('used', 'buffer_used_ratio')], byComponent)),
    },
    {
      ...{ kind: 'timeseries', id: 'queue-bytes', title: 'Queue', unit: 'bytes' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'Bytes that wait for each sink or are on their way. A saw is normal, a ramp is not.',
      query: metrics(gauge('waiting', 'sum', 'tailrace_buffer_bytes', 'component_id')),
      instead: ofEvents(overTime('component', [ofKind('sink')], [max('waiting', 'buffer_bytes')], byComponent)),
    },
    {
      ...{ kind: 'heatmap', id: 'request-time-heatmap', title: 'Request time, spread', unit: 'seconds' },
      ...{ width: 12, height: 8 },
      description: 'How long requests took. A second band far above the first: some nodes or some requests are slow.',
      query: metrics({ name: 'requests', shape: 'buckets', metric: REQUEST_SECONDS }),
      except: {
        kibana: 'the events hold percentiles of request times, no buckets; they stand beside',
        local: 'the events hold percentiles of request times, no buckets; they stand beside',
      },
    },
    {
      ...{ kind: 'timeseries', id: 'request-time', title: 'Request time', unit: 'seconds' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'Percentiles over all sinks. Near the time limit of requests: fewer or smaller ones would help.',
      query: quantiles(REQUEST_SECONDS),
      instead: ofEvents(overTime('component', [ofKind('sink')], worst('request_seconds')), {
        title: 'Request time, the worst of each step',
      }),
    },
    {
      ...{ kind: 'timeseries', id: 'batch-size', title: 'Events of a request', unit: 'none' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'Median by sink. A few events while a queue is full: the target refuses large requests.',
      query: metrics({ name: 'p50', shape: 'quantile', metric: REQUEST_EVENTS, percent: 50, by: ['component_id'] }),
      instead: ofEvents(overTime('component', [ofKind('sink')], [max('median', 'request_events.p50')], byComponent), {
        title: 'Events of a request, the largest median of each step',
      }),
    },
    {
      ...{ kind: 'timeseries', id: 'retries', title: 'Retries', unit: 'none' },
      ...{ draw: 'bars', stacked: true, width: 12, height: 8 },
      description:
        'Requests that were sent again, by sink. Now and then is normal; without end the target is in trouble.',
      query: metrics(increase('retries', 'tailrace_sink_retries_total', {}, 'component_id')),
      instead: ofEvents(overTime('component', [ofKind('sink')], [sum('retries', 'delta.retries')], byComponent)),
    },
  ],
};

const losses: Row = {
  title: 'Errors and losses',
  panels: [
    {
      ...{ kind: 'timeseries', id: 'errors-by-code', title: 'Errors by code', unit: 'none' },
      ...{ draw: 'bars', stacked: true, width: 12, height: 8 },
      description: 'What docs/errors.md says of a code is what to do. A new colour after a change: take it back.',
      query: metrics(increase('errors', ERRORS, {}, 'code')),
      instead: ofEvents(overTime('errors', [], [sum('errors', 'delta.errors')], byCode)),
    },
    {
      ...{ kind: 'timeseries', id: 'parse-failures', title: 'Parse failures', unit: 'none' },
      ...{ draw: 'bars', stacked: true, width: 12, height: 8 },
      description:
        'Errors of transforms: lines that are no JSON, values that do not have their type. A program changed.',
      query: metrics(increase('errors', ERRORS, { component_kind: 'transform' }, 'code')),
      instead: ofEvents(overTime('errors', [ofKind('transform')], [sum('errors', 'delta.errors')], byCode)),
    },
    {
      ...{ kind: 'timeseries', id: 'discarded-by-reason', title: 'Discarded by reason', unit: 'none' },
      ...{ draw: 'bars', stacked: true, width: 12, height: 8 },
      description: 'Events let go, also those that filters were meant to let go. A queue among the reasons is a loss.',
      query: metrics(increase('events', DISCARDED, {}, 'reason')),
      instead: ofEvents(overTime('discards', [], [sum('events', 'delta.discarded_events')], byReason)),
    },
    {
      ...{ kind: 'timeseries', id: 'ledger', title: 'Ledger', unit: 'none' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'What came in minus all that it became, over all components. Anything but 0 is a bug: report it.',
      query: metrics(
        gauge('lowest', 'min', 'tailrace_events_balance'),
        gauge('highest', 'max', 'tailrace_events_balance'),
      ),
      instead: ofEvents(overTime('component', [], [min('lowest', 'balance'), max('highest', 'balance')])),
    },
  ],
};

const processes: Row = {
  title: 'Processes',
  panels: [
    {
      ...{ kind: 'timeseries', id: 'checkpoint-age', title: 'Age of the checkpoints', unit: 'seconds' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'The oldest of all processes. It rises while nothing is read; while events flow, the disk is full.',
      query: metrics(gauge('age', 'max', 'tailrace_checkpoint_age_seconds')),
      instead: ofEvents(overTime('process', [], [max('age', 'checkpoint_age_seconds')])),
    },
    {
      ...{ kind: 'timeseries', id: 'memory', title: 'Memory', unit: 'bytes' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'Resident memory of the largest process. Near the limit of its container it will be killed.',
      query: metrics(gauge('resident', 'max', 'tailrace_process_resident_memory_bytes')),
      instead: ofEvents(overTime('process', [], [max('resident', 'resident_memory_bytes')])),
    },
    {
      ...{ kind: 'timeseries', id: 'event-loop-delay', title: 'Event loop delay', unit: 'seconds' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: '99th percentile of the slowest process. Above a second it answers nobody in time: too much work.',
      query: metrics(gauge('p99', 'max', 'tailrace_event_loop_delay_seconds')),
      instead: ofEvents(overTime('process', [], [max('p99', 'event_loop_delay_seconds')])),
    },
    {
      ...{ kind: 'timeseries', id: 'cpu', title: 'Processor', unit: 'ratio' },
      ...{ draw: 'line', width: 12, height: 8 },
      description: 'Of one processor, all processes together. At 100 % per process the main thread is what limits.',
      query: metrics(rate('used', 'tailrace_process_cpu_seconds_total', {})),
      instead: ofEvents(overTime('process', [], [max('used', 'cpu_ratio')]), {
        description: 'Of one processor, the busiest process. At 100 % its main thread is what limits.',
      }),
    },
  ],
};

const components: Row = {
  title: 'Components',
  panels: [
    {
      ...{ kind: 'toplist', id: 'versions', title: 'Versions', unit: 'none', width: 8, height: 9 },
      description: 'Processes by version. Two of them long after an update: some were not restarted.',
      query: metrics(gauge('processes', 'sum', 'tailrace_build_info', 'version')),
      instead: ofEvents(
        records('process', [], [{ op: 'cardinality', field: 'hostname', name: 'processes' }], {
          ...{ field: 'version', size: 10, name: 'Version' },
        }),
        { description: 'Machines or pods by the version that ran on them. An old one: it was not updated.' },
      ),
    },
    {
      ...{ kind: 'table', id: 'up', title: 'Up', unit: 'none', width: 16, height: 9 },
      description: '1: ready; 0: /readyz says what is wrong with it. Paused at 1: its target takes nothing.',
      query: metrics(
        gauge('Ready', 'min', 'tailrace_component_ready', 'component_id', 'component_type'),
        gauge('Paused', 'max', 'tailrace_sink_paused', 'component_id', 'component_type'),
      ),
      instead: ofEvents(
        records(
          'component',
          [],
          [min('Ready', 'ready'), max('Paused', 'paused'), { op: 'last_seen', name: 'Last seen' }],
          { ...byComponent, size: 50 },
          { field: 'component_type', size: 3, name: 'Type' },
        ),
        {
          description:
            '0 in Ready: it was not ready at some time of the time shown; 1 in Paused: its target took nothing.',
        },
      ),
    },
  ],
};

const newest: Row = {
  title: 'Newest errors',
  panels: [
    {
      ...{ kind: 'events', id: 'newest-errors', title: 'Newest errors', unit: 'none', width: 24, height: 10 },
      description: 'Errors as they came up, by component and code. The log of the process says each in full.',
      where: [{ field: 'record', is: 'errors' }],
      columns: [
        { field: '@timestamp', name: 'Time' },
        { field: 'hostname', name: 'Machine' },
        { field: 'component_id', name: 'Component' },
        { field: 'code', name: 'Code' },
        { field: 'delta.errors', name: 'Errors' },
      ],
    },
  ],
};

/** Whether tailrace itself does its work: from its metrics, and where there are none from the events of `internal_stats`. */
export const dashboard: Dashboard = {
  id: 'pipeline-health',
  system: 'tailrace',
  name: 'Pipeline health',
  description: 'Whether tailrace keeps up, what it loses and why, and what its targets say.',
  time: { from: '1h', refresh: '30s' },
  base: [],
  datadogTags: { source: 'tailrace' },
  variables: [
    {
      ...{ name: 'component_kind', label: 'Kind of component', field: 'component_kind' },
      ...{ label_name: 'component_kind', metric: RECEIVED },
    },
    {
      ...{ name: 'component_id', label: 'Component', field: 'component_id' },
      ...{ label_name: 'component_id', metric: RECEIVED },
    },
  ],
  links: ['mirrord-usage'],
  rows: [atAGlance, flow, sinks, losses, processes, components, newest],
};
