/** The queues of the shop. */
export type QueueName = "payments" | "orders" | "events" | "notifications";

/** Only what its consumer needs. */
export interface Message {
  /** The row's as well: a message is known by it from the moment that it has to be sent. */
  readonly id: string;
  readonly type: string;
  /** Of whichever object it tells of. */
  readonly about: string;
}

/** A message that still has to be sent, and where to. */
export interface Due {
  readonly queue: QueueName;
  readonly message: Message;
}

export const due = (queue: QueueName, type: string, about: string, nth = 1): Due => ({
  queue,
  message: { id: `${type}:${about}:${nth}`, type, about },
});

export const idOf = ({ message }: Due): string => message.id;
