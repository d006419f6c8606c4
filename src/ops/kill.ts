const KILL = /^\/admin\/v1\/flags\/[^/]+\/kill$/;

/**
 * The one write that must be possible on the worst night: it only ever leads to the safe path, is legal in any state, and stands with its reason in the
 * chained log of the flag itself. So it waits for nothing else.
 */
export const isKill = (path: string): boolean => KILL.test(path);
