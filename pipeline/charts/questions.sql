-- What the report and the statistics ask, over the views of the desk.  Each query has a
-- name in the line before it; $since, $opens and their like are filled in by questions.py.

-- item: the articles that are looked at, without their texts
CREATE TEMP TABLE item AS
SELECT
    id,
    date,
    coalesce(title <> '', false) AS has_title,
    published_at AT TIME ZONE 'UTC' AS published_at,
    coalesce(published_at, fetched_at) AT TIME ZONE 'UTC' AS moment,
    language,
    entity_quality,
    coalesce(domain, nullif(source_name, ''), site) AS source,
    nullif(source_name, '') AS source_name,
    source_country,
    story_id,
    duplicate_of IS NOT NULL AS is_copy,
    revision,
    word_count,
    feeds
FROM articles
WHERE $since::TIMESTAMPTZ IS NULL OR coalesce(published_at, fetched_at) >= $since;

-- source: each source with its name, and its site where another one is called alike
CREATE TEMP TABLE source AS
WITH called AS (
    SELECT
        source AS key,
        coalesce(mode(source_name), source) AS name,
        mode(source_country) AS country,
        count(*) AS articles
    FROM item
    WHERE source IS NOT NULL
    GROUP BY source
)
SELECT
    key,
    CASE
        WHEN name <> key AND count(*) OVER (PARTITION BY name) > 1
            OR name IN ('unknown', 'other sources')
        THEN name || ' (' || key || ')'
        ELSE name
    END AS name,
    country,
    articles
FROM called;

-- told: how many articles are about which country
CREATE TEMP TABLE told AS
SELECT one.code AS code, one.role AS role, count(*) AS articles
FROM (
    SELECT unnest(countries) AS one
    FROM articles
    WHERE $since::TIMESTAMPTZ IS NULL OR coalesce(published_at, fetched_at) >= $since
)
GROUP BY ALL;

-- said: what each article names, unless it has another one's text
CREATE TEMP MACRO said(since) AS TABLE
SELECT id, published_at, one.type AS type, one.name AS name
FROM (
    SELECT
        hash(id) AS id,
        published_at AT TIME ZONE 'UTC' AS published_at,
        -- Two names of one article may have the same spelling across articles.
        unnest(list_distinct(list_transform(
            list_filter(entities, lambda e: e.type IN ('PER', 'ORG', 'LOC')),
            lambda e: {'type': e.type, 'name': coalesce(e.canonical, e.name)}
        ))) AS one
    FROM articles
    WHERE duplicate_of IS NULL
        AND (since::TIMESTAMPTZ IS NULL OR coalesce(published_at, fetched_at) >= since)
);

-- totals
SELECT
    count(*) AS articles,
    count(*) FILTER (is_copy) AS copies,
    count(DISTINCT story_id) AS stories,
    count(DISTINCT source) AS sources,
    count(DISTINCT language) AS languages,
    (SELECT count(DISTINCT code) FROM told WHERE role = 'focus') AS countries,
    sum(revision) AS revisions,
    sum(word_count) AS words,
    count(*) FILTER (published_at IS NULL) AS undated,
    count(*) FILTER (language IS NULL) AS without_language,
    min(published_at) AS first_at,
    max(published_at) AS last_at,
    -- A handful of old articles makes no scale.
    quantile_disc(published_at, 0.02) AS most_from,
    (
        SELECT count(*)
        FROM rejects
        WHERE $since::TIMESTAMPTZ IS NULL OR "at" >= $since
    ) AS rejects,
    (
        SELECT count(*)
        FROM fetches
        WHERE $since::TIMESTAMPTZ IS NULL OR "at" >= $since
    ) AS requests,
    (
        SELECT {
            'first': min("at" AT TIME ZONE 'UTC'),
            'last': max("at" AT TIME ZONE 'UTC')
        }
        FROM fetches
        WHERE kind = 'feed' AND ($since::TIMESTAMPTZ IS NULL OR "at" >= $since)
    ) AS asked
FROM item;

-- volume
SELECT date_trunc($unit, published_at) AS "at", count(*) AS articles
FROM item
WHERE published_at >= $opens
GROUP BY ALL
ORDER BY "at";

-- volume_by_source
WITH ranked AS (
    SELECT key, name, row_number() OVER (ORDER BY articles DESC, key) AS place
    FROM source
    QUALIFY place <= $series
)
SELECT
    date_trunc($unit, published_at) AS "at",
    CASE
        WHEN source IS NULL THEN 'unknown'
        ELSE coalesce(ranked.name, 'other sources')
    END AS series,
    CASE
        WHEN source IS NULL THEN 99
        ELSE coalesce(ranked.place, 98)
    END AS place,
    count(*) AS articles
FROM item
LEFT JOIN ranked ON ranked.key = item.source
WHERE published_at >= $opens
GROUP BY ALL
ORDER BY "at", place;

-- volume_by_language
WITH ranked AS (
    SELECT language, row_number() OVER (ORDER BY count(*) DESC, language) AS place
    FROM item
    WHERE language IS NOT NULL
    GROUP BY language
    QUALIFY place <= $series
)
SELECT
    date_trunc($unit, published_at) AS "at",
    CASE
        WHEN item.language IS NULL THEN 'unknown'
        ELSE coalesce(ranked.language, 'other languages')
    END AS series,
    CASE
        WHEN item.language IS NULL THEN 99
        ELSE coalesce(ranked.place, 98)
    END AS place,
    count(*) AS articles
FROM item
LEFT JOIN ranked ON ranked.language = item.language
WHERE published_at >= $opens
GROUP BY ALL
ORDER BY "at", place;

-- named: how many articles name what, in all and in the days that are compared
CREATE TEMP TABLE named AS
SELECT
    type,
    name,
    count(*) AS articles,
    count(*) FILTER (published_at >= $recent AND published_at < $closes) AS now,
    count(*) FILTER (published_at >= $earlier AND published_at < $recent) AS before
FROM said($since)
GROUP BY type, name;

-- countries
SELECT
    code,
    coalesce(sum(articles) FILTER (role = 'focus'), 0)::BIGINT AS focus,
    coalesce(sum(articles) FILTER (role = 'secondary'), 0)::BIGINT AS secondary,
    coalesce(sum(articles) FILTER (role = 'incidental'), 0)::BIGINT AS incidental
FROM told
GROUP BY code
ORDER BY focus DESC, secondary DESC, incidental DESC, code;

-- compared: among how many names a rise is looked for
SELECT count(*)
FROM named
WHERE now + before >= $least;

-- rising: names that more articles have than the days before lead to expect
WITH counted AS (
    SELECT type, name, now, before
    FROM named
    WHERE now + before > 0
),
weighed AS (
    SELECT
        *,
        sum(now) OVER (PARTITION BY type) AS all_now,
        sum(before) OVER (PARTITION BY type) AS all_before,
        -- A tenth of what was counted says beforehand how frequent a name is.
        0.1 * (now + before) AS prior,
        0.1 * sum(now + before) OVER (PARTITION BY type) AS all_prior
    FROM counted
),
scored AS (
    SELECT
        *,
        (
            ln((now + prior) / (all_now + all_prior - now - prior))
            - ln((before + prior) / (all_before + all_prior - before - prior))
        ) / sqrt(1 / (now + prior) + 1 / (before + prior)) AS z
    FROM weighed
    WHERE all_now > now AND all_before > 0 AND all_before >= before
        AND all_now + all_prior > now + prior
        AND all_before + all_prior > before + prior
)
SELECT type, name, now, before, round(z, 2) AS z
FROM scored
WHERE z >= $least_z AND now >= $least
QUALIFY row_number() OVER (PARTITION BY type ORDER BY z DESC, name) <= $most
ORDER BY type, z DESC, name;

-- named_most
SELECT type, name, articles
FROM named
QUALIFY row_number() OVER (PARTITION BY type ORDER BY articles DESC, name) <= $most
ORDER BY type, articles DESC, name;

-- together: pairs of people and organisations in one article
WITH frequent AS MATERIALIZED (
    SELECT type, name, articles, row_number() OVER (ORDER BY name, type) AS place
    FROM (
        SELECT type, name, articles
        FROM named
        WHERE type IN ('PER', 'ORG') AND articles >= $least_together
        ORDER BY articles DESC, name, type
        LIMIT $most_frequent
    )
),
-- Materialized, so that each article is looked at once, and only for those.
kept AS MATERIALIZED (
    SELECT id, place
    FROM said($since)
    JOIN frequent USING (type, name)
),
paired AS (
    SELECT a.place AS first, b.place AS second, count(*) AS articles
    FROM kept AS a
    JOIN kept AS b ON a.id = b.id AND a.place < b.place
    GROUP BY ALL
    HAVING count(*) >= $least_together
)
SELECT
    one.name AS one,
    one.type AS one_type,
    other.name AS other,
    other.type AS other_type,
    paired.articles,
    one.articles AS of_one,
    other.articles AS of_other
FROM paired
JOIN frequent AS one ON one.place = paired.first
JOIN frequent AS other ON other.place = paired.second
ORDER BY paired.articles DESC, paired.first, paired.second
LIMIT $most_pairs;

-- chosen_stories: those of most sources
SELECT story_id
FROM item
WHERE story_id IS NOT NULL
GROUP BY story_id
HAVING count(*) > 1
ORDER BY count(DISTINCT source) DESC, count(*) DESC, story_id
LIMIT $most;

-- largest_stories
WITH told_by AS (
    SELECT
        story_id,
        count(*) AS articles,
        count(DISTINCT source) AS sources,
        count(*) FILTER (is_copy) AS copies,
        min(moment) AS first_at,
        max(moment) AS last_at,
        min_by({'source': source}, row(moment, id)).source AS first_source,
        list(DISTINCT language ORDER BY language) FILTER (language IS NOT NULL) AS spoken
    FROM item
    WHERE list_contains($stories, story_id)
    GROUP BY story_id
)
SELECT
    story_id,
    coalesce(stories.title, '') AS title,
    told_by.first_at,
    told_by.last_at,
    coalesce(source.name, '') AS first_source,
    told_by.sources,
    told_by.articles,
    told_by.copies,
    stories.voices,
    array_to_string(told_by.spoken, ' ') AS languages
FROM told_by
JOIN stories USING (story_id)
LEFT JOIN source ON source.key = told_by.first_source
-- Said twice: so the view gathers no others.
WHERE list_contains($stories, stories.story_id)
ORDER BY list_position($stories, story_id);

-- story_articles: when each of those was reported
SELECT
    story_id,
    moment AS "at",
    coalesce(source.name, 'unknown') AS source,
    is_copy
FROM item
LEFT JOIN source ON source.key = item.source
WHERE list_contains($stories, story_id)
ORDER BY moment, id
LIMIT $most_ticks;

-- languages
SELECT
    language,
    count(*) AS articles,
    count(DISTINCT source) AS sources,
    mode(entity_quality) AS entity_quality
FROM item
GROUP BY language
ORDER BY articles DESC, language;

-- source_countries
SELECT country, count(key) AS sources, sum(articles)::BIGINT AS articles
FROM (
    SELECT key, country, articles FROM source
    UNION ALL
    SELECT source, NULL, count(*) FROM item WHERE source IS NULL GROUP BY source
)
GROUP BY country
ORDER BY articles DESC, country;

-- largest_sources
SELECT
    coalesce(source.name, 'unknown') AS name,
    item.source AS key,
    source.country,
    count(*) AS articles,
    count(*) FILTER (item.is_copy) AS copies,
    count(DISTINCT item.language) AS languages,
    max(item.published_at) AS last_at
FROM item
LEFT JOIN source ON source.key = item.source
GROUP BY ALL
ORDER BY articles DESC, key
LIMIT $most_sources;

-- rejects
SELECT
    stage,
    reason,
    count(*) AS rejects,
    max("at") AT TIME ZONE 'UTC' AS last_at
FROM rejects
WHERE $since::TIMESTAMPTZ IS NULL OR "at" >= $since
GROUP BY stage, reason
ORDER BY rejects DESC, reason, stage;

-- feeds: what each feed brought
WITH asked AS (
    SELECT
        feed,
        count(*) FILTER (kind = 'feed') AS requests,
        count(*) FILTER (
            kind = 'feed' AND outcome NOT IN ('news', 'unchanged', 'later', 'robots')
        ) AS failures,
        max("at") FILTER (
            kind = 'feed' AND outcome IN ('news', 'unchanged')
        ) AT TIME ZONE 'UTC' AS success_at,
        max_by(outcome, "at") FILTER (kind = 'feed') AS outcome,
        median(milliseconds) FILTER (kind = 'feed') AS milliseconds
    FROM fetches
    WHERE $since::TIMESTAMPTZ IS NULL OR "at" >= $since
    GROUP BY feed
),
brought AS (
    SELECT feed, count(*) AS articles, max(moment) AS last_at
    FROM (SELECT unnest(feeds) AS feed, moment FROM item)
    GROUP BY feed
)
SELECT
    feed,
    asked.requests,
    asked.failures,
    asked.success_at,
    asked.outcome,
    asked.milliseconds::BIGINT AS milliseconds,
    brought.articles,
    brought.last_at
FROM asked
FULL JOIN brought USING (feed)
WHERE asked.requests > 0 OR asked.feed IS NULL
ORDER BY coalesce(asked.outcome IN ('news', 'unchanged'), true), brought.articles DESC NULLS LAST, feed
LIMIT $most_feeds;

-- feed_requests: how the feeds answered over time
SELECT
    date_trunc($asked_unit, "at" AT TIME ZONE 'UTC') AS "at",
    CASE
        WHEN outcome = 'news' THEN 'news'
        WHEN outcome = 'unchanged' THEN 'unchanged'
        WHEN outcome IN ('later', 'robots') THEN 'not asked'
        ELSE 'failed'
    END AS result,
    count(*) AS requests
FROM fetches
WHERE kind = 'feed' AND ($since::TIMESTAMPTZ IS NULL OR "at" >= $since)
GROUP BY ALL
ORDER BY "at", result;

-- feed_outcomes
SELECT outcome, count(*) AS feeds
FROM (
    SELECT feed, max_by(outcome, "at") AS outcome
    FROM fetches
    WHERE kind = 'feed' AND ($since::TIMESTAMPTZ IS NULL OR "at" >= $since)
    GROUP BY feed
)
GROUP BY outcome
ORDER BY feeds DESC, outcome;

-- chosen: articles to be shown as they are, of several languages
WITH placed AS (
    SELECT
        id,
        date,
        language,
        count(*) OVER (PARTITION BY language) AS articles,
        row_number() OVER (
            PARTITION BY language ORDER BY has_title DESC, moment DESC, id
        ) AS place
    FROM item
    WHERE NOT is_copy AND word_count >= $least_words
)
SELECT id, date
FROM placed
WHERE place <= $most_of_one
ORDER BY place, articles DESC, language
LIMIT $most_chosen;

-- shown
SELECT
    articles.id,
    articles.title,
    articles.text,
    articles.url,
    articles.language,
    articles.published_at AT TIME ZONE 'UTC' AS published_at,
    coalesce(articles.source_name, articles.site) AS source,
    articles.entities,
    articles.countries
FROM articles
-- By its day, an article is found without a look at all texts.
WHERE list_contains($days, articles.date) AND list_contains($ids, articles.id)
ORDER BY list_position($ids, articles.id);
