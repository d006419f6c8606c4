import { z } from "zod";

const line = z.string().max(500);
/** Stripe answers `null` for what was left out. */
const optionalLine = line.optional().transform((given) => given ?? null);

/** Stripe's shipping hash. */
export const shipping = z.strictObject({
  address: z.strictObject({
    city: optionalLine,
    country: optionalLine,
    line1: optionalLine,
    line2: optionalLine,
    postal_code: optionalLine,
    state: optionalLine,
  }),
  name: line,
  phone: optionalLine,
  carrier: optionalLine,
  tracking_number: optionalLine,
});
