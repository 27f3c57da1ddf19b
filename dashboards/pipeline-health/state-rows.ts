import type { Row } from '@tailrace/dashboards';
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
  rate,
  records,
  sum,
} from './queries.ts';

const DISCARDED = 'tailrace_component_discarded_events_total';
const ERRORS = 'tailrace_component_errors_total';

export const losses: Row = {
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

export const processes: Row = {
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

export const components: Row = {
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
          // Without it, what has none would come first in Kibana.
          [{ field: 'ready', exists: true }],
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

export const newest: Row = {
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
