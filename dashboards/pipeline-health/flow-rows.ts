import type { Row } from '@tailrace/dashboards';
import {
  byComponent,
  gauge,
  increase,
  max,
  metrics,
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

export const atAGlance: Row = {
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
        'Events let go although no rule of the pipeline says so, such as those of a damaged queue. Any is bad; the reasons are below, where a queue that is told to let go when full stands too.',
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

export const flow: Row = {
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

export const sinks: Row = {
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
