import { expect, it } from 'vitest';
import { isLoopback, parseAddress, urlOf } from './address.ts';
import { ask, testApi } from './api.fixture.ts';

it.each([
  ['127.0.0.1:9600', { host: '127.0.0.1', port: 9600 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
  ['::1:9600', undefined],
  ['[localhost]:9600', undefined],
  ['127.0.0.1', undefined],
  ['127.0.0.1:65536', undefined],
  [':9600', undefined],
  ['a b:1', undefined],
  ['http://localhost:1', undefined],
])('the address %s is %j', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

it('knows what only this machine can reach', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost', 'LOCALHOST'].map(isLoopback)).not.toContain(false);
  expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example', '128.0.0.1', ''].map(isLoopback)).not.toContain(true);
  expect(urlOf({ host: '::1', port: 1 }, true)).toBe('https://[::1]:1/');
});

it('opens the page when the address is free again, and answers at the socket meanwhile', async () => {
  const [first, second] = [await testApi(), await testApi(null)];
  const page = { address: new URL(first.url).host, token: null, tls: null, allowedHosts: [] };
  await expect(second.server.openPage(page)).rejects.toThrow(
    `page.address ${page.address} is in use: stop what listens there, or set another address`,
  );
  const atSocket = () => ask('http://x/api/v1/status', { socketPath: second.socketPath });
  expect((await atSocket()).status).toBe(200);
  await first.close();
  expect(await second.server.openPage(page)).toBe(`http://${page.address}/`);
  expect((await ask(`http://${page.address}/api/v1/status`)).status).toBe(200);
  await second.close();
});

it('never serves others without a token', async () => {
  const api = await testApi(null);
  const page = { token: null, tls: null, allowedHosts: [] };
  await expect(api.server.openPage({ ...page, address: '0.0.0.0:0' })).rejects.toThrow('set page.token');
  await expect(api.server.openPage({ ...page, address: '[::]:0' })).rejects.toThrow('set page.token');
  await expect(api.server.openPage({ ...page, address: 'nowhere' })).rejects.toThrow('must be host:port');
  await api.close();
});
