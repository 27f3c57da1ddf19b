import { basename } from 'node:path';

/** What the path of a container's log file says; a name that is not said is missing. */
interface ContainerNames {
  readonly kubernetes?: { namespace_name: string; pod_name: string; container_name: string; pod_id?: string };
  readonly docker?: { container_id: string };
}

// The kubelet's names: /var/log/containers/<pod>_<namespace>_<container>-<container id>.log is a symlink to
// /var/log/pods/<namespace>_<pod>_<pod uid>/<container>/<restarts>.log. None of the names can hold an underscore.
const LINK = /^([^_/]+)_([^_/]+)_([^_/]+)-([0-9a-f]{64})\.log$/;
const POD_FILE = /\/pods\/([^_/]+)_([^_/]+)_([^_/]+)\/([^/]+)\/[^/]+$/;

/**
 * Names of the pod, its namespace and the container, from the path that a file was found under and the path that it really has,
 * as the kubelet and Docker write them; empty for other files.
 */
export function containerNames(path: string, place: string): ContainerNames {
  const link = LINK.exec(basename(path));
  const file = POD_FILE.exec(place);
  const pod = file?.[3] === undefined ? {} : { pod_id: file[3] };
  if (link) {
    const [, pod_name = '', namespace_name = '', container_name = '', container_id = ''] = link;
    return { kubernetes: { namespace_name, pod_name, container_name, ...pod }, docker: { container_id } };
  }
  if (!file) return {};
  const [, namespace_name = '', pod_name = '', , container_name = ''] = file;
  return { kubernetes: { namespace_name, pod_name, container_name, ...pod } };
}
