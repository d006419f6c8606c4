import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { createHistogram, performance, type RecordableHistogram } from "node:perf_hooks";

/** Requests under way at any time, each on a connection of its own that is kept. */
export const CONCURRENCY = 16;
const CALL_TIMEOUT_MS = 30_000;
const ERROR_CHARS = 300;

export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** Where it differs from the others' of its side. */
  readonly status?: number;
  /** What the same client sends next, made from the answer. The two, and all that follow, are one call: it is over with the last answer. */
  readonly follow?: (text: string) => Call;
  /** Called once it was answered: whoever lends a body may use it again. */
  readonly release?: () => void;
}

export interface LoadOptions {
  readonly origin: string;
  /** The next request, or `undefined` when there are no more. */
  readonly next: () => Call | undefined;
  /** The one status that counts. Anything else ends the run: the rate of refusals says nothing. */
  readonly status: number;
  /** No request is begun after this long. */
  readonly seconds: number;
  readonly onAnswer?: (text: string) => void;
}

export interface Load {
  readonly calls: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** In microseconds. */
  readonly latencies: RecordableHistogram;
  /** The part of the time that this process was busy, 0 to 1. Near 1 the generator was measured and not the Workers. */
  readonly busy: number;
}

/** Sends requests from `CONCURRENCY` clients that each wait for their answer (a closed loop: it measures throughput, not a day's load). */
export async function runLoad({ origin, next, status, seconds, onAnswer }: LoadOptions): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const latencies = createHistogram();
  const before = performance.eventLoopUtilization();
  const began = performance.now();
  const until = began + seconds * 1_000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const call = next();
      if (!call) return;
      const sent = performance.now();
      const text = await carryOut(origin, call, status, agent);
      latencies.record(Math.max(1, Math.round((performance.now() - sent) * 1_000)));
      call.release?.();
      onAnswer?.(text);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, client));
  } finally {
    agent.destroy();
  }
  const elapsed = (performance.now() - began) / 1_000;
  const { utilization } = performance.eventLoopUtilization(before);
  const calls = latencies.count;
  return { calls, seconds: elapsed, perSecond: calls / elapsed, latencies, busy: utilization };
}

/** Sends a call and what follows from it. Answers the last one's body. */
async function carryOut(origin: string, first: Call, status: number, agent: Agent): Promise<string> {
  for (let call = first; ;) {
    const answer = await send(origin, call, agent);
    if (answer.status !== (call.status ?? status)) throw unexpected(call, answer);
    if (!call.follow) return answer.text;
    call = call.follow(answer.text);
  }
}

/** Sends all of these, as fast as the clients can, and gives the answers' bodies to `onAnswer`. */
export function sendAll(
  origin: string,
  calls: readonly Call[],
  status: number,
  onAnswer?: (text: string) => void,
): Promise<Load> {
  const left = calls.values();
  const options = { origin, status, seconds: Number.POSITIVE_INFINITY, next: () => left.next().value };
  return runLoad(onAnswer ? { ...options, onAnswer } : options);
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request. Rejects when no answer came, whatever the answer says. */
export function send(origin: string, { method, path, headers = {}, body }: Call, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? 0 : Buffer.byteLength(body);
    const all: OutgoingHttpHeaders = method === "GET" ? headers : { ...headers, "content-length": length };
    const outgoing = request(origin + path, { method, headers: all, agent, timeout: CALL_TIMEOUT_MS }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
      incoming.on("error", reject);
    });
    outgoing.on("timeout", () =>
      outgoing.destroy(new Error(`${method} ${path} took longer than ${CALL_TIMEOUT_MS} ms`)),
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function unexpected({ method, path }: Call, { status, text }: Answer): Error {
  return new Error(`${method} ${path} answered ${status}: ${text.slice(0, ERROR_CHARS)}`);
}
