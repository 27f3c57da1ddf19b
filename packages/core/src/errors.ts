interface ErrorText {
  /** Where it comes from. */
  readonly area: 'event' | 'delivery' | 'input' | 'system';
  /** What happened. */
  readonly meaning: string;
  /** What to do. */
  readonly action: string;
}

const code = (area: ErrorText['area'], meaning: string, action: string): ErrorText => ({ area, meaning, action });

/** Every code that `errors_total{code}`, dead letters and /readyz can show; docs/errors.md is generated from this table. */
export const ERRORS = {
  not_json: code(
    'event',
    'The text is not one JSON value (RFC 8259), or has something after it.',
    'Look at the kept original; if the program writes mixed lines, leave `on_error: keep`.',
  ),
  not_utf8: code('event', 'The text is not valid UTF-8.', 'Set the encoding of the program that writes it to UTF-8.'),
  too_deep: code('event', 'JSON nested deeper than 1,000 levels.', 'Flatten it where it is written.'),
  too_large: code(
    'event',
    'The text is longer than the limit.',
    'Raise `max_bytes` (4 MiB at most), or shorten what the program writes.',
  ),
  too_many_fields: code(
    'event',
    'The object has more members than `max_fields`.',
    'Raise `max_fields`, or keep the object as text.',
  ),
  not_object: code('event', 'The JSON is no object, so its members cannot be lifted.', 'Give it a place with `into`.'),
  type_conflict: code(
    'event',
    'A value does not have the declared type and cannot be converted.',
    'Correct the field file or the program; `on_conflict` says what becomes of the value.',
  ),
  field_budget: code(
    'event',
    'More undeclared fields than the budget allows; further ones went under the overflow key.',
    'Declare the fields you search in, or raise `max_fields`.',
  ),
  field_missing: code(
    'event',
    'A field that an operation needs is missing or null, and `on_missing` sends such events to the dead letters.',
    'Guard the operation with `when: has(path)`, or set its `on_missing` to skip.',
  ),
  value_unfit: code(
    'event',
    'An operation cannot work with the value of its field: it has another type, or no format fits it.',
    'The message names operation and field; `on_error` says what becomes of the event.',
  ),
  not_parsed: code(
    'event',
    'The text does not have the format that `parse` was told.',
    'The dead letter or `error_field` says where it differs; if the program writes mixed lines, leave `on_error: keep`.',
  ),
  condition_error: code(
    'event',
    'The condition could not be evaluated for an event.',
    'Guard the condition with `has(path)`; `on_error` says what becomes of the event.',
  ),
  route_unmatched: code(
    'event',
    'No condition of a `route` was true for an event.',
    'Add an output for such events, or set `unmatched` to `default` or `drop`.',
  ),
  throttled: code(
    'event',
    'An event came when its key had used up what `throttle` lets through, and `on_excess` is `dead_letter`.',
    'Raise `events` or `burst` if the target can take more; replay the dead letters when there is room.',
  ),
  keys_forgotten: code(
    'event',
    'A `dedupe` or `throttle` saw more keys than it may remember, and forgot the oldest before their time.',
    'Raise the limit, or choose fields with fewer values; a repeat of a forgotten key passes.',
  ),
  script_failed: code(
    'event',
    'The function of a `script` threw, or returned something that is no event.',
    'The message names file and line; mend the function, then replay the dead letters.',
  ),
  event_too_large: code(
    'event',
    'One event alone is larger than the sink’s limit for a request.',
    'Raise the sink’s `max_bytes`, or cut the event earlier.',
  ),
  encode_threw: code(
    'event',
    'The sink could not encode the event: a bug.',
    'Mend the sink if it is yours, at the place in the message; else report it.',
  ),
  transform_threw: code(
    'event',
    'A transform failed on the event: a bug in it.',
    'Mend the transform if it is yours, at the place in the message; else report it.',
  ),
  lineage_lost: code(
    'event',
    'A transform gave out a batch that was not made by select, derive or merge.',
    'Correct the transform: only those keep the ledger exact.',
  ),
  line_misfit: code(
    'input',
    'A line does not fit the format of its file; it was kept as text.',
    'Check `format`; a few such lines are usual where a runtime was restarted.',
  ),
  line_truncated: code('input', 'A line was longer than `max_event_bytes` and was cut.', 'Raise `max_event_bytes`.'),
  line_oversize: code(
    'input',
    'A line was longer than `max_event_bytes` and went to the dead letters.',
    'Raise `max_event_bytes`.',
  ),
  multiline_split: code(
    'input',
    'An event of several lines reached `max_lines` or `max_bytes`; its further lines became another event.',
    'Raise the limit, or see whether `start` or `continue` match what they should.',
  ),
  invalid_utf8_replaced: code(
    'input',
    'Bytes that are not UTF-8 were replaced by U+FFFD.',
    'Set the encoding of the program to UTF-8.',
  ),
  file_unreadable: code(
    'input',
    'A file or folder could not be opened or read.',
    'Give the process the right to read it.',
  ),
  file_truncated: code(
    'input',
    'A file became shorter than what was read of it; it is read from its start as a new one, and the rest of the old one in its copy, if there is one.',
    'Prefer rotation by renaming over copytruncate.',
  ),
  file_rewritten: code(
    'input',
    'What was read of a file does not stand in it any more, although it is no shorter; it is read from its start as a new one.',
    'Prefer rotation by renaming over copytruncate.',
  ),
  file_lost: code(
    'input',
    'A file went away, or what is compressed in it is damaged, before it was read to its end.',
    'The log names the file. Keep rotated files longer, or speed up the sink; look at a compressed one with `gzip -t`.',
  ),
  scrape_failed: code(
    'input',
    'A target could not be scraped: no connection, no whole answer in time, or a status other than 200.',
    'The log names target and cause; `up` of the target is 0 meanwhile, and it is scraped again at the next interval.',
  ),
  scrape_malformed: code(
    'input',
    'A target answered with something that is no exposition; as in Prometheus one wrong line spoils the whole scrape.',
    'The log names line and column; mend the target.',
  ),
  scrape_over_limit: code(
    'input',
    'A scrape had more samples or bytes than allowed, and counts as failed.',
    'Raise `sample_limit` or `body_size_limit`, or make the target say less.',
  ),
  sample_refused: code(
    'input',
    'A sample cannot be part of a metric: its series was there before in the same scrape, or a histogram or summary lacks its count.',
    'Mend the target: debug log names the metric.',
  ),
  watch_failed: code('input', 'A folder cannot be watched; it is polled.', 'Raise fs.inotify.max_user_watches.'),
  request_invalid: code(
    'input',
    'A request to a source could not be read: it is no whole body of the format that it names, or did not arrive in time (400, 408).',
    'Look at the answer’s message at the sender; it names the byte. The sender must not send it again.',
  ),
  request_oversize: code(
    'input',
    'A request to a source was larger than its limit, before or after decompression (413).',
    'Send smaller batches, or raise `max_body_bytes` or `max_compressed_bytes`.',
  ),
  request_unsupported: code(
    'input',
    'A request to a source had an unknown path, method, content type or encoding, or a signal that no component reads (404, 405, 415).',
    'Look at the answer’s message at the sender; give the signal a sink, or switch it off at the sender.',
  ),
  request_unauthorized: code(
    'input',
    'A request to a source did not bring the token that it must (401).',
    'Give the sender the token of `auth.bearer`.',
  ),
  source_full: code(
    'input',
    'A source had no room for a request and asked the sender to come back later (429).',
    'Nothing: it comes again. If it lasts, look at the sinks, or raise `max_in_flight_bytes` and the queues.',
  ),
  source_stopping: code(
    'input',
    'A request came while its source was stopping (503).',
    'Nothing: the sender sends it again.',
  ),
  ack_timeout: code(
    'input',
    'A request had not settled within `ack_timeout`; its sender was told so (503) and will send it again, so that it may arrive twice.',
    'Give slow sinks a queue of type disk, which settles what it holds, or raise `ack_timeout`.',
  ),
  record_oversize: code(
    'input',
    'A record of a request was larger than `max_event_bytes` and was left out, which the answer says (partial success).',
    'Raise `max_event_bytes`, or shorten what the program writes.',
  ),
  listen_failed: code(
    'input',
    'A source cannot listen on its address; it keeps trying.',
    'Stop what listens there, or set another address.',
  ),
  server_busy: code(
    'delivery',
    'The target asked to slow down (429).',
    'Nothing: it is retried. Look at the target’s load if it lasts.',
  ),
  server_error: code(
    'delivery',
    'The target failed (5xx).',
    'Nothing: it is retried. Look at the target’s log if it lasts.',
  ),
  server_unreachable: code(
    'delivery',
    'No connection to the target.',
    'Check address, network policy and that it runs; it is retried.',
  ),
  server_timeout: code(
    'delivery',
    'The target did not answer in time.',
    'Raise `request_timeout`, or look at the target’s load; it is retried.',
  ),
  tls_failed: code('delivery', 'The TLS handshake failed.', 'Check `tls.ca`, the certificate’s names and its dates.'),
  unauthorized: code(
    'delivery',
    'The target refused the credentials (401).',
    'Correct user, password or API key; nothing is dropped meanwhile.',
  ),
  forbidden: code('delivery', 'The credentials lack a right (403).', 'Grant it; the entries are retried meanwhile.'),
  not_elasticsearch: code(
    'delivery',
    'Something answers, but it is neither Elasticsearch nor OpenSearch.',
    'Check `nodes`.',
  ),
  not_otlp: code(
    'delivery',
    'Something answers, but takes no OTLP of this signal or in this form there (404, 405, 415, a redirect, a web page, UNIMPLEMENTED).',
    'Check `endpoint`, `protocol` and `compression`, and that the target takes the signal; the entries are retried meanwhile.',
  ),
  records_rejected: code(
    'delivery',
    'The target took a request but rejected records of it (partial success of OTLP), mostly without saying which.',
    'Look at the message; `partial_success` says what becomes of such a request. Replaying its dead letters sends again what was taken.',
  ),
  not_datadog: code(
    'delivery',
    'Something answers, but not as Datadog’s intake does.',
    'Check `site`, `url` and what stands in between; it is retried.',
  ),
  entry_shortened: code(
    'event',
    'An event was longer than the target takes; its longest text was cut and marked.',
    'Write shorter events, or raise `max_entry_bytes` if the target takes more.',
  ),
  event_too_old: code(
    'event',
    'An event was older than the target accepts; `on_too_old` says what became of it.',
    'Send old logs to a target that takes them; Datadog takes them up to 18 hours back.',
  ),
  metric_refused: code(
    'event',
    'A data point, or a value of one, is none that the target takes (NaN, infinite, no value, no letter in the name); it was left out.',
    'Nothing, if a metric is undefined at times; else correct it where it is made.',
  ),
  metric_out_of_time: code(
    'event',
    'A data point was older or newer than the target takes and was left out; counters lose nothing by that.',
    'Check the clocks; after an outage of the target longer than `max_age` it is to be expected.',
  ),
  series_forgotten: code(
    'event',
    'A sink that tells increments had more series than `max_series` and forgot the last value of the oldest.',
    'Raise `max_series`, or drop attributes that are different in each point.',
  ),
  metadata_failed: code(
    'delivery',
    'Unit and description of a metric could not be set; its values are sent all the same.',
    'Look at the message: the client library may be missing, or the application key lack a right.',
  ),
  request_too_large: code(
    'delivery',
    'The target refused a request as too large (413).',
    'Nothing: it is split. Lower `max_bytes` to spare the attempts.',
  ),
  request_refused: code(
    'delivery',
    'The target refused a whole request; where its answer speaks of the content, the request was bisected to find the entry.',
    'Look at the dead letter’s message.',
  ),
  document_refused: code(
    'delivery',
    'The target refused one document (400, 413, 422).',
    'Look at the reason in the dead letter: mostly a value against the index’s mapping.',
  ),
  index_blocked: code(
    'delivery',
    'The server takes no documents for the index: mostly its disk is nearly full (flood stage).',
    'Free space on the server, which then lifts the block; the entries are retried, those for other indices go on.',
  ),
  index_missing: code(
    'delivery',
    'The index does not exist and may not be created (404).',
    'Create it, or allow action.auto_create_index; entries are retried.',
  ),
  id_conflict: code(
    'delivery',
    'A document with this id was there although it was never sent from here (409).',
    'Check that no two nodes share NODE_NAME and data_dir, and that `tailrace validate` warns of no event that comes to the sink by two ways.',
  ),
  sink_removed: code(
    'delivery',
    'A reload removed the sink before it had delivered the event.',
    'Send the dead letter again into another component, or drop it.',
  ),
  retry_expired: code(
    'delivery',
    'An entry was still refused after `max_age` or `max_attempts`.',
    'Mend the target, then send the dead letter again.',
  ),
  sink_threw: code(
    'delivery',
    'The sink failed in a way it did not foresee.',
    'Report it; the entry is tried three times.',
  ),
  write_failed: code(
    'delivery',
    'A file or the output could not be written.',
    'Check space and rights; it is retried.',
  ),
  path_refused: code(
    'delivery',
    'The path that an event gave cannot be a file: it is too long, or something else is in its place.',
    'Look at the dead letter’s message: remove what is in the way or shorten the path, then send the dead letter again.',
  ),
  template_failed: code(
    'delivery',
    'The index template could not be put.',
    'Grant manage_index_templates, or set `template.enabled: false`.',
  ),
  store_failed: code(
    'delivery',
    'The local store could not be opened or written.',
    'The message says why: another process has the file, the disk is full, or a right is missing. It is retried.',
  ),
  store_refused: code(
    'delivery',
    'The local store must not be used: a newer tailrace made it, or another sink of this pipeline writes to it.',
    'Use a newer tailrace, or give the sink another `path`; nothing is dropped meanwhile.',
  ),
  store_damaged: code(
    'delivery',
    'The file of the local store was damaged: it was set aside beside its place, and a new store was begun.',
    'Check the disk. What the old file held is in it still; DuckDB’s own tools may read some of it.',
  ),
  record_unreadable: code(
    'event',
    'A data point or span is not the protobuf that it should be, so the local store cannot read it.',
    'Look at what made it; the dead letter holds its bytes.',
  ),
  values_refused: code(
    'event',
    'The local store could not write an event: DuckDB does not take one of its values. Its body was bisected to find it.',
    'The dead letter has the event and the message names the value: mend it with a transform. Please report it, too.',
  ),
  half_characters: code(
    'event',
    'A text of an event has half of a surrogate pair, which DuckDB cannot read: the local store has U+FFFD in its place.',
    'Write whole characters: a text was probably cut in the middle of one.',
  ),
  dead_letter_failed: code(
    'system',
    'Dead letters cannot be written, so their component waits.',
    'Free space or mend the rights of the dead-letter file; when `dead_letters.max_bytes` is reached, replay letters.',
  ),
  checkpoint_failed: code(
    'system',
    'Checkpoints cannot be written; delivery goes on, a restart would send again.',
    'Free space or mend the rights of data_dir.',
  ),
  queue_failed: code(
    'system',
    'A disk queue cannot write or read its files; sources wait, nothing is lost.',
    'Free space or mend the rights of data_dir/queues; it goes on by itself.',
  ),
  queue_damaged: code(
    'system',
    'A file of a disk queue was damaged: what could be read was saved, the file is in the quarantine.',
    'Check the disk; `tailrace queue inspect` says what is there.',
  ),
  source_threw: code(
    'system',
    'A source failed in a way it did not foresee.',
    'Report it; a source that ended by it stops the pipeline, one that answers requests goes on.',
  ),
} as const satisfies Record<string, ErrorText>;

/** A code of the table {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** docs/errors.md as the table has it. */
export function errorsPage(): string {
  const areas = { event: 'Events', input: 'Inputs', delivery: 'Delivery', system: 'The process' } as const;
  const lines = ['# Error codes', '', 'Generated by `pnpm generate` from `packages/core/src/errors.ts`.', ''];
  for (const [area, title] of Object.entries(areas)) {
    lines.push(`## ${title}`, '', '| code | what happened | what to do |', '|---|---|---|');
    for (const [name, text] of Object.entries(ERRORS)) {
      if (text.area === area) lines.push(`| \`${name}\` | ${text.meaning} | ${text.action} |`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
