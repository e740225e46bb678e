-- A batch in one statement: who may, who wins, and all that follows for the winners.
-- $1 is the store's clock in microseconds, or null for the server's.
--
-- Decisions count from 1 in the order of their arrays, effects held back count from -1 downwards.
-- The plan is made for ten rows, so that tables are reached by index. It must not join one part of a
-- batch to another by looping over both: such questions are asked as `(x IN (..)) IS TRUE`, which is
-- answered by hashing, and a follower finds its decision's columns by subscript.
WITH clock AS MATERIALIZED (
    SELECT COALESCE($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now,
        (SELECT base FROM feed) + (pg_current_xact_id()::text::bigint << 10) AS position
),
-- A row without a body is no decision: it changes what is derived from one.
input AS MATERIALIZED (
    SELECT * FROM unnest(
        $2::int[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::int[],
        $10::text[], $11::bool[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::bigint[],
        $17::int[], $18::bool[]
    ) AS input (
        ord, id, version, command_id, body, hash, workflow, schema, phase, closed, wake_at, at,
        lease_task, lease_holder, lease_epoch, task_change, labels_change
    )
),
-- Locked, so that a lease cannot be renewed, released or taken over beside this decision.
held AS MATERIALIZED (
    SELECT task.instance AS id FROM task JOIN input ON input.id = task.instance
    WHERE input.lease_task = task.key AND input.lease_holder = task.holder
        AND input.lease_epoch = task.epoch AND task.lease_until > (SELECT now FROM clock)
    FOR UPDATE OF task
),
fresh AS MATERIALIZED (
    SELECT * FROM input WHERE NOT EXISTS (
        SELECT 1 FROM journal WHERE journal.instance = input.id AND journal.command_id = input.command_id
    )
),
may AS MATERIALIZED (
    SELECT * FROM fresh WHERE lease_task IS NULL OR id IN (SELECT id FROM held)
),
created AS (
    INSERT INTO instance (id, workflow, version, schema, phase, closed, wake_at, head, created_at, updated_at)
    SELECT id, workflow, 1, schema, phase, closed, wake_at, hash, at, at
    FROM may WHERE version = 1 AND body IS NOT NULL
    ON CONFLICT (id) DO NOTHING RETURNING id
),
advanced AS (
    UPDATE instance SET version = may.version, schema = may.schema, phase = may.phase, closed = may.closed,
        wake_at = may.wake_at, head = may.hash, updated_at = may.at
    FROM may WHERE may.version > 1 AND may.body IS NOT NULL AND instance.id = may.id
        AND instance.version = may.version - 1 AND instance.parked IS NULL
    RETURNING instance.id
),
derived AS (
    UPDATE instance SET phase = may.phase, closed = may.closed, wake_at = may.wake_at
    FROM may WHERE may.body IS NULL AND instance.id = may.id AND instance.version = may.version
    RETURNING instance.id
),
won AS MATERIALIZED (
    SELECT * FROM may WHERE (id IN (
        SELECT id FROM created UNION ALL SELECT id FROM advanced UNION ALL SELECT id FROM derived
    )) IS TRUE
),
journaled AS (
    INSERT INTO journal (position, instance, version, command_id, body, hash)
    SELECT (SELECT position FROM clock) + ord, id, version, command_id, body, hash
    FROM won WHERE body IS NOT NULL
),
new_effects AS (
    INSERT INTO effect (instance, version, n, workflow, kind, body, state, decided_at, due_at, attempts, leased_to)
    SELECT ($3::uuid[])[ord], ($4::bigint[])[ord], n, workflow, kind, body, 0, ($13::bigint[])[ord],
        LEAST(($13::bigint[])[ord], (SELECT now FROM clock)), 0, leased_to
    FROM unnest($19::int[], $20::int[], $21::text[], $22::text[], $23::text[], $24::uuid[])
        AS new (ord, n, workflow, kind, body, leased_to)
    WHERE (ord IN (SELECT ord FROM won)) IS TRUE
),
-- 0 is no decision: settled without one.
settled AS (
    UPDATE effect SET state = 1, note = over.note, leased_to = NULL
    FROM unnest($25::int[], $26::uuid[], $27::bigint[], $28::int[], $29::text[])
        AS over (ord, instance, version, n, note)
    WHERE effect.instance = over.instance AND effect.version = over.version AND effect.n = over.n
        AND effect.state <> 1 AND (over.ord = 0 OR over.ord IN (SELECT ord FROM won))
),
-- Due is state 0. Said as `= 0` it would invite reading all of the index of what is due.
held_back AS (
    UPDATE effect SET state = back.state, due_at = COALESCE(back.due_at, effect.due_at),
        attempts = back.attempts, note = back.note, leased_to = NULL
    FROM unnest($30::int[], $31::uuid[], $32::bigint[], $33::int[], $34::uuid[], $35::int[], $36::int[],
        $37::bigint[], $38::text[]) AS back (ord, instance, version, n, node, state, attempts, due_at, note)
    WHERE effect.instance = back.instance AND effect.version = back.version AND effect.n = back.n
        AND effect.state < 1 AND effect.leased_to = back.node
    RETURNING back.ord
),
-- The four ways of a task touch different rows: gone, kept but completed, set, or left alone.
gone_tasks AS (
    DELETE FROM task USING won WHERE won.task_change = 2 AND task.instance = won.id
),
completed_tasks AS (
    UPDATE task SET holder = NULL, lease_until = NULL
    FROM won WHERE won.task_change = 0 AND won.lease_task IS NOT NULL AND task.instance = won.id
),
-- A decision under a lease ends it; `lease_until` of the proposed row carries that over.
set_tasks AS (
    INSERT INTO task (instance, workflow, key, queue, due_at, roles, excluded, reserved_for, reserved_until,
        epoch, lease_until)
    SELECT ($3::uuid[])[ord], workflow, key, queue, due_at, roles, excluded, reserved_for, reserved_until, 0,
        CASE WHEN completes THEN 0 END
    FROM unnest($39::int[], $40::text[], $41::bool[], $42::text[], $43::text[], $44::bigint[], $45::text[],
        $46::text[], $47::text[], $48::bigint[])
        AS new (ord, workflow, completes, key, queue, due_at, roles, excluded, reserved_for, reserved_until)
    WHERE (ord IN (SELECT ord FROM won)) IS TRUE
    ON CONFLICT (instance) DO UPDATE SET key = excluded.key, queue = excluded.queue, due_at = excluded.due_at,
        roles = excluded.roles, excluded = excluded.excluded, reserved_for = excluded.reserved_for,
        reserved_until = excluded.reserved_until,
        holder = CASE WHEN task.key = excluded.key AND excluded.lease_until IS NULL THEN task.holder END,
        lease_until = CASE WHEN task.key = excluded.key AND excluded.lease_until IS NULL THEN task.lease_until END
),
new_labels AS MATERIALIZED (
    SELECT ($3::uuid[])[ord] AS id, name, value
    FROM unnest($49::int[], $50::text[], $51::text[]) AS new (ord, name, value)
    WHERE (ord IN (SELECT ord FROM won)) IS TRUE
),
gone_labels AS (
    DELETE FROM label USING won WHERE won.labels_change AND label.instance = won.id
        AND (label.instance, label.name) NOT IN (SELECT id, name FROM new_labels)
),
set_labels AS (
    INSERT INTO label (instance, name, value) SELECT id, name, value FROM new_labels
    ON CONFLICT (instance, name) DO UPDATE SET value = excluded.value WHERE label.value <> excluded.value
),
parked AS (
    UPDATE instance SET parked = stuck.reason
    FROM unnest($52::uuid[], $53::text[]) AS stuck (id, reason) WHERE instance.id = stuck.id
)
-- The losers, and whether the lease was all that they lacked.
SELECT input.ord, COALESCE(input.ord IN (SELECT ord FROM fresh) AND instance.version = input.version - 1
    AND input.lease_task IS NOT NULL AND input.id NOT IN (SELECT id FROM held), false)
FROM input LEFT JOIN instance ON instance.id = input.id
WHERE input.ord NOT IN (SELECT ord FROM won)
UNION ALL
SELECT back.ord, true FROM unnest($30::int[]) AS back (ord)
WHERE back.ord NOT IN (SELECT ord FROM held_back)
