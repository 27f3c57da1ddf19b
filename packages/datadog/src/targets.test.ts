import { object, resolveConfig } from '@tailrace/core';
import { expect, test } from 'vitest';
import { connectionOptions } from './connection-options.ts';
import { apiUrl, intakeUrl } from './targets.ts';

const config = (options: object) => resolveConfig(object(connectionOptions), { api_key: 'key', ...options });

// https://docs.datadoghq.com/getting_started/site/
test.each([
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
])('the hosts of the site %s', (site) => {
  const options = config({ site });
  expect(intakeUrl(options, 'http-intake.logs', '/api/v2/logs').href).toBe(
    `https://http-intake.logs.${site}/api/v2/logs`,
  );
  expect(intakeUrl(options, 'api', '/api/v2/series').href).toBe(`https://api.${site}/api/v2/series`);
  expect(apiUrl(options, '/api/v1/validate')?.href).toBe(`https://api.${site}/api/v1/validate`);
});

test('the default site is US1', () => {
  expect(intakeUrl(config({}), 'http-intake.logs', '/x').href).toBe('https://http-intake.logs.datadoghq.com/x');
});

test('a place of one’s own, with a path', () => {
  const options = config({ url: 'http://localhost:8080/datadog/' });
  expect(intakeUrl(options, 'http-intake.logs', '/api/v2/logs').href).toBe('http://localhost:8080/datadog/api/v2/logs');
  expect(apiUrl(options, '/api/v1/validate')).toBeUndefined();
  const asked = config({ url: 'http://localhost:8080', api_url: 'https://api.datadoghq.eu' });
  expect(apiUrl(asked, '/api/v1/validate')?.href).toBe('https://api.datadoghq.eu/api/v1/validate');
});

test.each([
  'datadoghq',
  'https://datadoghq.com',
  'datadoghq.com/',
  'a b.com',
  '-x.com',
  'datadoghq.com:443',
  'DATADOGHQ.COM',
])('the site %j is refused', (site) =>
  expect(() => intakeUrl(config({ site }), 'api', '/')).toThrow('must be a site such as datadoghq.com'),
);
