-- migrate:up
-- Whether anything waits for a queue.
ALTER TABLE outbox ADD KEY outbox_queue (queue, id);

-- migrate:down
ALTER TABLE outbox DROP KEY outbox_queue;
