import type { Plugin } from "miniflare";

/** Of the binding type that replaces a queue of Miniflare's own; what `unsafeBindings` must name. */
export const OUTSIDE_QUEUE = "outside-queue";
/** Says which queue a request is for: all share one address. */
export const QUEUE_HEADER = "x-queue";

/** A queue's binding as it is given to Miniflare. */
export const outsideQueue = (binding: string, queue: string, address: string) => ({
  name: binding,
  type: OUTSIDE_QUEUE,
  plugin: { package: import.meta.filename, name: OUTSIDE_QUEUE },
  options: { queue, address },
});

interface OutsideQueue {
  readonly binding: string;
  readonly queue: string;
  readonly address: string;
}

function outsideQueues(options: Parameters<Plugin["getBindings"]>[0]): OutsideQueue[] {
  return Object.entries(options.config.env ?? {}).flatMap(([binding, { type, ...rest }]) => {
    if (type !== `unsafe:${OUTSIDE_QUEUE}`) return [];
    // SAFETY: `outsideQueue` above is the only place that makes bindings of this type.
    const { dev } = rest as unknown as { dev: { options: { queue: string; address: string } } };
    return [{ binding, ...dev.options }];
  });
}

const serviceOf = (queue: string): string => `${OUTSIDE_QUEUE}:${queue}`;

/**
 * Found by Miniflare under this name. A producer binding of workerd is a service that is sent HTTP requests; Miniflare's own service keeps the
 * messages in the same process, this one hands them to another.
 */
export const plugins: Readonly<Record<string, Plugin>> = {
  [OUTSIDE_QUEUE]: {
    getBindings: (options) =>
      outsideQueues(options).map(({ binding, queue }) => ({ name: binding, queue: { name: serviceOf(queue) } })),
    getNodeBindings: () => ({}),
    getServices: ({ options }) =>
      outsideQueues(options).map(({ queue, address }) => ({
        name: serviceOf(queue),
        external: { address, http: { injectRequestHeaders: [{ name: QUEUE_HEADER, value: queue }] } },
      })),
  },
};
