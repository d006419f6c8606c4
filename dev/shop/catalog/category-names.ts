/** The API has no list of categories; these are the demo catalog's, in the order of a morning. A test compares them with dev/catalog.json. */
export const CATEGORIES = {
  cleansers: "Cleansers",
  serums: "Serums",
  moisturizers: "Moisturizers",
  "sun-care": "Sun care",
  masks: "Masks",
  eyes: "Eyes",
  lips: "Lips",
  body: "Body",
  hair: "Hair",
} as const;

export const nameOfCategory = (id: string): string =>
  Object.entries(CATEGORIES).find(([known]) => known === id)?.[1] ?? id;
