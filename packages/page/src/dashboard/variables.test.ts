import type { DashboardView } from '@tailrace/local';
import { describe, expect, it } from 'vitest';
import { apiAddress } from '../api/client.ts';
import { choicesBefore, knownChoices, toggled, variableParameters } from './variables.ts';

const view: DashboardView = {
  ...{ id: 'usage', system: 'mirrord', name: 'Usage', description: '', base: [], links: [], rows: [] },
  time: { from: '24h', refresh: '1m' },
  variables: ['a', 'b', 'c'].map((name) => ({ name, label: name, field: name })),
};

describe('variables', () => {
  it('are asked for by name, each value once', () => {
    const parameters = { from: 1, to: 2, ...variableParameters({ a: ['x', 'y & z'], b: [] }) };
    expect(apiAddress('/dashboards/usage/panels/p', parameters)).toBe(
      '/api/v1/dashboards/usage/panels/p?from=1&to=2&var.a=x&var.a=y+%26+z',
    );
    expect(apiAddress('/status', { a: undefined })).toBe('/api/v1/status');
  });

  it('narrow those behind them only', () => {
    const chosen = { a: ['1'], b: ['2'], c: ['3'] };
    expect(choicesBefore(view, chosen, 'c')).toEqual({ a: ['1'], b: ['2'] });
    expect(choicesBefore(view, chosen, 'a')).toEqual({});
  });

  it('that the dashboard does not have are left out', () => {
    expect(knownChoices(view, { b: ['1'], c: [], gone: ['2'] })).toEqual({ b: ['1'] });
  });

  it('take a value in and out', () => {
    expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
    expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  });
});
