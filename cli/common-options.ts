/** Options that several commands have. */

export const ofAgent = { agent: { value: "ID", says: "another agent than the default one" } } as const;

export const toJson = { json: { says: "print JSON, for programs" } } as const;
