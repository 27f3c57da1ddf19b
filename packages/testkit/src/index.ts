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
