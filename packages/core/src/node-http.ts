/**
 * Node's `http`. An `import` of it reads all its exports, and with them loads Node's WebSocket client, fetch and what those need: 25 ms of
 * CPU and 13 MB that a log shipper has no use for (`bench/imports.ts`).
 */
export const http = process.getBuiltinModule('node:http');
