/**
 * Queues belong to the account, where somebody else may have one called `orders`. On the platform ours carry the shop's name, as its Workers and
 * its database do; in code, state and APIs they go without it.
 */
const PREFIX = "breakwater-";

export const platformQueue = (queue: string): string => PREFIX + queue;

/** The shop's own name of a queue that the platform names. One without the prefix is taken as it is. */
export const shopQueue = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name);
