export {
  type CertificateAuthority,
  type CertificateRequest,
  certificateAuthority,
  type KeyedCertificate,
} from './certificates.ts';
export {
  type EndpointAnswer,
  type EndpointOptions,
  type ProcessEnd,
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from './child-process.ts';
export {
  type Collector,
  type CollectorForward,
  type CollectorOptions,
  type OtlpAddresses,
  type OtlpSignal,
  startCollector,
} from './collector.ts';
export type { ConfigFault, ContractOptions } from './contract/declaration.ts';
export type { TestHooks } from './contract/hooks.ts';
export { type SinkContractOptions, type SinkTarget, sinkContract } from './contract/sink-contract.ts';
export { type SourceContractOptions, type SourceInput, sourceContract } from './contract/source-contract.ts';
export { type TransformContractOptions, transformContract } from './contract/transform-contract.ts';
export { type CountingServer, countingServer, runCountingServer } from './counting-server.ts';
export type { Counts } from './counting-server-process.ts';
export { type DatadogDashboardsStandIn, datadogDashboardsStandIn } from './datadog-dashboards-stand-in.ts';
export { type DatadogIntake, datadogIntake, type IntakeRequest } from './datadog-intake.ts';
export type { TakenLog, TakenLogs } from './datadog-logs-rules.ts';
export {
  metricsRoutes,
  type StoredSeries,
  storedSeries,
  storedSum,
  type TakenMetrics,
  takenMetrics,
} from './datadog-metrics-rules.ts';
export { type IntakeAnswer, type IntakeRoute, refusal, type UnpackedRequest } from './datadog-route.ts';
export {
  type Elasticsearch,
  type ElasticsearchAnswer,
  type ElasticsearchClient,
  type ElasticsearchFlavor,
  type ElasticsearchOptions,
  elasticsearchClient,
  installElasticsearch,
  startElasticsearch,
} from './elasticsearch.ts';
export { type Envoy, type EnvoyOptions, startEnvoy } from './envoy.ts';
export { type FaultDisk, faultDisk, faultDisksMissing } from './fault-disk.ts';
export type { EntryRefusal } from './fault-entries.ts';
export type { FaultedRequest, HttpFault } from './fault-http.ts';
export { type FaultLedger, faultLedger, type Issue, type IssueOptions, type Payload } from './fault-ledger.ts';
export { type ContainerLog, type ContainerLogOptions, containerLog } from './fault-log.ts';
export { type Arrived, judge, readDelivered, type Verdict } from './fault-oracle.ts';
export { type Fault, type FaultProxy, faultProxy, type TcpFault } from './fault-proxy.ts';
export { type GrafanaStandIn, grafanaStandIn } from './grafana-stand-in.ts';
export {
  batchOf,
  batchOfTexts,
  memoryCheckpoints,
  pluginContext,
  type Said,
  type SourceRun,
  sourceContext,
  sourceRun,
} from './harness.ts';
export { type HttpProxy, type HttpProxyOptions, httpProxy } from './http-proxy.ts';
export { type KibanaStandIn, kibanaStandIn } from './kibana-stand-in.ts';
export { freePort, type Listening, listenOnLoopback } from './listen.ts';
export { type Mtail, type MtailOptions, startMtail } from './mtail.ts';
export { type ProcessUsage, processUsage, type UsageGrowth, usageGrowth } from './process-usage.ts';
export { type Prometheus, type PrometheusOptions, type PrometheusSample, startPrometheus } from './prometheus.ts';
export {
  bulkAnswer,
  elasticsearchScript,
  type RecordedRequest,
  type Script,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
} from './scripted-server.ts';
export {
  authProxy,
  type Credentials,
  type SecurityProxy,
  type TlsProxy,
  type TlsProxyOptions,
  tlsProxy,
} from './security-proxy.ts';
export { startServerProcess } from './server-process.ts';
export { installServer, type ServerName, type ServerProgram } from './server-program.ts';
export { type SinkRun, sinkRun } from './sink-harness.ts';
export { type Transformed, type TransformHarness, transformHarness } from './transform-harness.ts';
