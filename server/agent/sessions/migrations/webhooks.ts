/** Versions of the table of webhook events that are not delivered yet. */

export const addWebhooks: readonly string[] = [
  `create table webhook_deliveries (
    event_id text not null,
    url text not null,
    type text not null,
    response_id text not null,
    created_at bigint not null,
    attempts integer not null,
    due_at bigint not null,
    expires_at bigint not null,
    node text,
    primary key (event_id, url)
  )`,
  `create index webhook_deliveries_due on webhook_deliveries (url, due_at)`,
  `create index webhook_deliveries_node on webhook_deliveries (node)`,
];
