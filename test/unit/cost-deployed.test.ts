/** Goal: advice and attribution are about what is deployed. Threat: a configuration that is changed, and a table beside it that is not. */
import { expect, test } from "vitest";
import { readConfig } from "../../scripts/config.ts";
import { WORKERS } from "../../scripts/workers.ts";
import { areaOfPath, isQueueName, OBJECT_AREAS } from "../../src/domain/cost/objects.ts";
import { DEPLOYED } from "../../src/domain/cost/deployed.ts";
import { shopQueue } from "../../src/domain/queue-names.ts";

const workers = WORKERS.map((worker) => ({ ...worker, toml: readConfig(worker) }));

test("queues are batched as the adviser believes", () => {
  const consumers = workers.flatMap(({ config, toml }) =>
    (toml.queues?.consumers ?? [])
      .filter(({ queue }) => isQueueName(shopQueue(queue)))
      .map(({ queue, max_batch_size: batchSize, max_batch_timeout: timeoutS }) => [
        shopQueue(queue),
        { file: config, batchSize, timeoutS },
      ]),
  );
  expect(Object.fromEntries(consumers)).toEqual(DEPLOYED.queues);
});

test("every Worker logs the share of its invocations that the adviser believes", () => {
  expect(new Set(workers.map(({ toml }) => toml.observability?.head_sampling_rate))).toEqual(
    new Set([DEPLOYED.headSampling]),
  );
});

test("every class of objects is for something", () => {
  const bindings = workers.flatMap(({ toml }) => (toml.durable_objects?.bindings ?? []).map(({ name }) => name));
  expect(Object.keys(OBJECT_AREAS).toSorted()).toEqual([...new Set(bindings)].toSorted());
});

test.each([
  ["/v1/batch", "analytics"],
  ["/v1/t", "analytics"],
  ["/v1/projects/wk_1/settings", "analytics"],
  ["/mp/collect", "analytics"],
  ["/v1/products", "commerce"],
  ["/v1/carts/cart_1/lines", "commerce"],
  ["/webhooks/stripe", "commerce"],
  ["/admin/v1/costs", "operations"],
  ["/readyz", "operations"],
  ["/administrator", "commerce"],
])("%s is for %s", (path, area) => expect(areaOfPath(path)).toBe(area));
