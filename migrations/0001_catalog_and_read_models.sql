-- Catalog: D1 is its only home. Money in minor units, times in UTC ms.
CREATE TABLE products (
  sku TEXT PRIMARY KEY,
  product_id TEXT NOT NULL,
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  brand TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  price INTEGER NOT NULL CHECK (price >= 0),
  compare_at_price INTEGER CHECK (compare_at_price > price),
  cost INTEGER CHECK (cost >= 0),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  image TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX products_by_category ON products (status, category, sku);

-- Read model of the Stock objects. `seq` is the object's own; a message with a smaller one is older and changes nothing.
CREATE TABLE stock_levels (
  sku TEXT PRIMARY KEY,
  on_hand INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  sold INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  as_of INTEGER NOT NULL
) STRICT;

-- Read model of the Order objects, brought up to date by version.
CREATE TABLE orders (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL,
  status TEXT NOT NULL,
  cart_id TEXT NOT NULL,
  email TEXT,
  currency TEXT NOT NULL,
  total INTEGER NOT NULL,
  captured INTEGER NOT NULL,
  refunded INTEGER NOT NULL,
  intent TEXT,
  review TEXT,
  version INTEGER NOT NULL,
  placed_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_time ON orders (placed_at DESC, id DESC);
CREATE INDEX orders_by_status ON orders (status, placed_at DESC, id DESC);
CREATE INDEX orders_by_email ON orders (email, placed_at DESC, id DESC) WHERE email IS NOT NULL;

-- Facts are counted once each: the id is the dedupe key, and the trigger fires only for a row that was really inserted.
CREATE TABLE facts (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX facts_by_time ON facts (at);
CREATE TABLE fact_counts (
  type TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER facts_are_counted AFTER INSERT ON facts BEGIN
  INSERT INTO fact_counts (type, count, last_at) VALUES (new.type, 1, new.at)
  ON CONFLICT (type) DO UPDATE SET count = count + 1, last_at = max(last_at, excluded.last_at);
END;

-- Webhook calls that were refused, newest thousand.
CREATE TABLE rejected_webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  event_id TEXT,
  event_type TEXT,
  headers TEXT NOT NULL,
  payload TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
