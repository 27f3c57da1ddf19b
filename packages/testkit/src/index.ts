export { type CountingServer, countingServer, runCountingServer } from './counting-server.ts';
export type { Counts } from './counting-server-process.ts';
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
export { type Listening, listenOnLoopback } from './listen.ts';
export {
  bulkAnswer,
  elasticsearchScript,
  type RecordedRequest,
  type Script,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
} from './scripted-server.ts';
