import { Serializer, Transport } from '@elastic/elasticsearch';

type TransportOptions = ConstructorParameters<typeof Transport>[0];

/**
 * The client's transport with plain JSON headers and without the product check, so that one client speaks to Elasticsearch 7.17, 8
 * and 9 and to OpenSearch: vendor media types of one major version are refused by the others.
 */
export class PlainTransport extends Transport {
  constructor(options: TransportOptions) {
    const { productCheck: _, ...rest } = options;
    super({
      ...rest,
      vendoredHeaders: {
        jsonContentType: 'application/json',
        ndjsonContentType: 'application/x-ndjson',
        accept: 'application/json',
      },
    });
  }
}

/** Hands answers on as text: most bulk answers are read by their first bytes alone, and a proxy's HTML page is no exception. */
export class TextSerializer extends Serializer {
  override deserialize<T = unknown>(text: string): T {
    return text as T;
  }
}
