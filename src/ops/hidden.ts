/**
 * Whoever has a PaymentIntent's client secret can pay with it in the shopper's place, so it is hidden wherever it stands. It stays where it
 * is stored, because a replay may need it.
 */
export const hideSecrets = (text: string): string => text.replaceAll(/_secret_[A-Za-z0-9]+/g, "_secret_(hidden)");
