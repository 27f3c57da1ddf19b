import { describe, expect, test } from 'vitest';
import { log, POD } from './encode.fixture.ts';

describe('tags', () => {
  const tags = (event: object, options: object = {}) => log(event, options)['ddtags'];

  test('come from texts and fields, then from Kubernetes', () => {
    const options = {
      tags: {
        env: 'Prod',
        version: { field: 'v' },
        zone: { field: 'none', otherwise: 'unknown' },
        gone: { field: 'none' },
      },
    };
    expect(tags({ v: 2.5, kubernetes: { namespace_name: 'web' } }, options)).toBe(
      'kube_namespace:web,env:prod,version:2.5,zone:unknown',
    );
  });

  test('of the event itself are appended, each one once', () => {
    expect(tags({ ddtags: 'team:x, Env:prod,,b', n: 1 }, { tags: { env: 'prod' } })).toBe('env:prod,team:x,b');
    expect(log({ ddtags: ['x'] }, { tags: { env: 'prod' } })).toMatchObject({
      ddtags: 'env:prod',
      event_ddtags: ['x'],
    });
    expect(log({ ddtags: 'y,x' })).toMatchObject({ ddtags: 'y,x' });
  });

  test('with a key of Kubernetes replace it', () => {
    const options = { tags: { kube_deployment: 'operator' }, kubernetes: { container: ['c'] } };
    expect(tags({ kubernetes: POD, c: 'c1' }, options)).toBe(
      'kube_namespace:mirrord,kube_container_name:c1,pod_name:mirrord-operator-7d9c5b7f4-x2k8q,kube_deployment:operator',
    );
  });

  test('of Kubernetes can be left out', () => {
    expect(tags({ kubernetes: POD }, { kubernetes: { tags: false } })).toBeUndefined();
  });

  test('take the deployment that stands in the event', () => {
    const event = { resource: { attributes: { 'k8s.deployment.name': 'api', 'k8s.pod.name': 'x-7d9c5b7f4-x2k8q' } } };
    expect(tags(event)).toBe('pod_name:x-7d9c5b7f4-x2k8q,kube_deployment:api');
  });
});
