import { DurableObject } from "cloudflare:workers";

/** A coordinator that takes every call and answers none: overloaded, say, or stuck. The system test puts it in the place of the real one. */
export class FlagCoordinator extends DurableObject<ObjectsEnv> {
  readonly #silence = new Promise<never>(() => {});

  lease(): Promise<never> {
    return this.#silence;
  }

  fence(): Promise<never> {
    return this.#silence;
  }

  report(): Promise<never> {
    return this.#silence;
  }
}
