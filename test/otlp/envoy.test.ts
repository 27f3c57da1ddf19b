import { type ElasticsearchClient, freePort, startEnvoy } from '@tailrace/testkit';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';

const elasticsearch = await elasticsearchOrSkip();
const envoy = await serverOrSkip('envoy');

const REQUESTS = 500;
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

const extension = (name: string, type: string, settings: object = {}) => ({
  name,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.${type}`, ...settings },
});
const attribute = (key: string, format: string) => ({ key, value: { string_value: format } });

/** Envoy with a listener that answers itself, and its OpenTelemetry access logger. */
function resources(otlpPort: number): { listeners: object[]; clusters: object[] } {
  const logger = extension(
    'envoy.access_loggers.open_telemetry',
    'access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig',
    {
      log_name: 'mesh',
      buffer_flush_interval: '0.1s',
      grpc_service: { envoy_grpc: { cluster_name: 'tailrace' } },
      resource_attributes: { values: [attribute('service.name', 'gateway')] },
      body: { string_value: '%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%' },
      attributes: {
        values: [
          attribute('http.status', '%RESPONSE_CODE%'),
          attribute('http.path', '%REQ(:PATH)%'),
          attribute('user_agent', '%REQ(USER-AGENT)%'),
          attribute('traceparent', '%REQ(TRACEPARENT)%'),
          attribute('baggage', '%REQ(BAGGAGE)%'),
        ],
      },
    },
  );
  const missing = { match: { path: '/missing' }, direct_response: { status: 404, body: { inline_string: 'no' } } };
  const rest = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } };
  const manager = 'network.http_connection_manager.v3.HttpConnectionManager';
  const filter = extension('envoy.filters.network.http_connection_manager', `filters.${manager}`, {
    stat_prefix: 'web',
    access_log: [logger],
    http_filters: [extension('envoy.filters.http.router', 'filters.http.router.v3.Router')],
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [missing, rest] }] },
  });
  const socket = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const endpoint = { endpoint: { address: socket(otlpPort) } };
  return {
    listeners: [{ name: 'web', address: socket(0), filter_chains: [{ filters: [filter] }] }],
    clusters: [
      {
        name: 'tailrace',
        type: 'STATIC',
        connect_timeout: '1s',
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
        load_assignment: { cluster_name: 'tailrace', endpoints: [{ lb_endpoints: [endpoint] }] },
      },
    ],
  };
}

describe.skipIf(elasticsearch.skipped || envoy.skipped)('Envoy’s OpenTelemetry access log in Elasticsearch', () => {
  let node: ElasticsearchClient;
  const prefix = indexPrefix('envoy');

  beforeAll(async () => {
    node = await elasticsearch.shared();
    const port = await freePort();
    const pipeline = {
      data_dir: 'data',
      metrics: { enabled: false },
      sources: { mesh: { type: 'otlp', grpc: { address: `127.0.0.1:${port}` }, http: false } },
      sinks: {
        search: {
          type: 'elasticsearch',
          inputs: 'mesh',
          nodes: [node.url],
          logstash_format: { prefix },
          max_wait: '50ms',
        },
      },
    };
    const tailrace = await startTailrace(['run', 'pipeline.yaml'], {
      files: { 'pipeline.yaml': JSON.stringify(pipeline) },
      keep: true,
    });
    // Envoy does not keep what nobody takes.
    await tailrace.line('takes OTLP over gRPC');
    const server = await startEnvoy({ program: envoy.program, resources: resources(port) });
    try {
      const url = await server.url('web');
      for (let n = 0; n < REQUESTS; n++) {
        const spanId = n.toString(16).padStart(16, '1');
        const headers = { traceparent: `00-${TRACE_ID}-${spanId}-01`, baggage: `order=${n}`, 'user-agent': 'shop/1.0' };
        await (await fetch(`${url}/${n % 10 === 0 ? 'missing' : `orders/${n}`}`, { headers })).text();
      }
      await vi.waitFor(async () => expect(await count()).toBe(REQUESTS), { timeout: 30_000, interval: 100 });
    } catch (error) {
      throw new Error(`${error}\n${tailrace.stderr()}\n${server.log()}`);
    } finally {
      await server.stop();
      await tailrace.dispose();
    }
  }, 120_000);

  async function count(): Promise<number> {
    await node.request('POST', `${prefix}*/_refresh`);
    return (await node.json<{ count: number }>('GET', `${prefix}*/_count`)).count;
  }

  test('each request is there once, with its status, path and context', async () => {
    const found = await node.json<{ hits: { hits: { _source: Record<string, unknown> }[] } }>(
      'POST',
      `${prefix}*/_search`,
      { query: { term: { 'attributes.http.path': '/orders/17' } } },
    );
    expect(found.hits.hits.map(({ _source }) => _source)).toEqual([
      {
        '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
        body: 'GET /orders/17 200',
        attributes: {
          'http.status': '200',
          'http.path': '/orders/17',
          user_agent: 'shop/1.0',
          traceparent: `00-${TRACE_ID}-1111111111111111-01`,
          baggage: 'order=17',
        },
        resource: { attributes: expect.objectContaining({ log_name: 'mesh', 'service.name': 'gateway' }) },
      },
    ]);
  });

  test('the fields can be counted by', async () => {
    const answer = await node.json<{ aggregations: { status: { buckets: object[] } } }>('POST', `${prefix}*/_search`, {
      size: 0,
      aggs: { status: { terms: { field: 'attributes.http.status' } } },
    });
    expect(answer.aggregations.status.buckets).toEqual([
      { key: '200', doc_count: 450 },
      { key: '404', doc_count: 50 },
    ]);
  });
});
