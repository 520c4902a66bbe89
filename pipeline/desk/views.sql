-- The views that newsbeam makes of a dataset's tables, for DuckDB.  Below them lie the
-- tables as they are: versions (the table articles), assignments (the table stories),
-- rejects, fetches, waiting, sightings, forgotten, each with its partition in the column date.
-- What follows a column's -- is its meaning.  Other columns are those of the table.

-- articles: the latest revision of each article, with its story as learned last
CREATE OR REPLACE VIEW articles AS
SELECT
    v.* REPLACE (
        coalesce(learned.story_id, v.story_id) AS story_id,
        CASE
            WHEN learned.article_id IS NULL THEN v.duplicate_of
            ELSE learned.duplicate_of
        END AS duplicate_of
    ),
    coalesce(
        v.domain,
        nullif(lower(regexp_extract(v.url, '^[A-Za-z0-9+.-]+://(?:[^/?#@]*@)?([^/:?#]+)', 1)), '')
    ) AS site -- registrable domain, else the host of the URL
FROM versions AS v
LEFT JOIN (
    -- Few articles are ever revised: only those are gathered.
    SELECT id, max(revision) AS revision
    FROM versions
    WHERE revision > 0
    GROUP BY id
) AS revised ON revised.id = v.id
LEFT JOIN (
    SELECT
        article_id,
        max_by(story_id, {'at': "at", 'batch': batch}) AS story_id,
        max_by(
            {'id': duplicate_of}, {'at': "at", 'batch': batch}
        ).id AS duplicate_of
    FROM assignments
    GROUP BY article_id
) AS learned ON learned.article_id = v.id
WHERE v.revision = coalesce(revised.revision, 0);

-- entities: what each article names, a row for each article and name
CREATE OR REPLACE VIEW entities AS
SELECT
    a.id, -- the article
    a.date, -- its partition
    a.published_at, -- publication as declared
    a.language, -- its language
    a.site, -- its site
    a.e.name, -- the fullest name in the article
    a.e.canonical, -- one spelling across articles and languages, null where that is not sure
    coalesce(a.e.canonical, a.e.name) AS entity, -- what to group by
    a.e.type, -- PER, ORG, LOC, MISC
    a.e."count" -- how often the article names it
FROM (
    SELECT id, date, published_at, language, site, unnest(entities) AS e
    FROM articles
) AS a;

-- people: the entities that are people
CREATE OR REPLACE VIEW people AS
SELECT
    id, -- the article
    date, -- its partition
    published_at, -- publication as declared
    language, -- its language
    site, -- its site
    name, -- the fullest name in the article
    canonical, -- one spelling across articles and languages, null where that is not sure
    entity AS person, -- what to group by
    "count" -- how often the article names the person
FROM entities
WHERE type = 'PER';

-- mentions: where names stand in the text, a row for each mention
CREATE OR REPLACE VIEW mentions AS
SELECT
    a.id, -- the article
    a.date, -- its partition
    a.e.name, -- the fullest name in the article
    a.e.canonical, -- one spelling across articles and languages, null where that is not sure
    a.e.type, -- PER, ORG, LOC, MISC
    a.m."text", -- the name as it is written here
    a.m."start", -- first code point
    a.m."end", -- the code point after the last
    a.m.field -- text or title
FROM (
    SELECT id, date, e, unnest(e.mentions) AS m
    FROM (SELECT id, date, unnest(entities) AS e FROM articles) AS named
) AS a;

-- countries: what countries each article is about, a row for each article and country
CREATE OR REPLACE VIEW countries AS
SELECT
    a.id, -- the article
    a.date, -- its partition
    a.published_at, -- publication as declared
    a.language, -- its language
    a.site, -- its site
    a.source_country, -- country of the publication, ISO 3166-1 alpha-2
    a.c.code, -- ISO 3166-1 alpha-2
    a.c.role, -- focus, secondary, incidental
    a.c.score, -- 0 to 1
    a.c."count", -- how often the article names it
    a.c.mentions -- the expressions that name it: text, start, end, field, kind
FROM (
    SELECT
        id, date, published_at, language, site, source_country, unnest(countries) AS c
    FROM articles
) AS a;

-- sources: a row for each site
CREATE OR REPLACE VIEW sources AS
SELECT
    site, -- registrable domain, else the host of URLs
    mode(source_name) AS source_name, -- the name that most of its articles declare
    mode(source_country) AS source_country, -- ISO 3166-1 alpha-2, likewise
    count(*) AS articles, -- how many there are of it
    count(duplicate_of) AS copies, -- how many of them have another article's text
    count(DISTINCT language) AS languages, -- in how many languages
    min(published_at) AS first_published_at, -- its earliest article
    max(published_at) AS last_published_at, -- its latest article
    max(fetched_at) AS last_fetched_at -- when its latest article was fetched
FROM articles
WHERE site IS NOT NULL
GROUP BY site;

-- stories: a row for each event that articles report
CREATE OR REPLACE VIEW stories AS
WITH members AS (
    SELECT
        id,
        story_id,
        title,
        coalesce(published_at, fetched_at) AS "at",
        site,
        coalesce(domain, nullif(source_name, ''), site) AS source,
        language,
        source_country,
        duplicate_of,
        coalesce(origin.name, agency) AS credited
    FROM articles
    WHERE story_id IS NOT NULL
),
voices AS (
    -- Who speaks: whose report it is, or the source of its original.
    SELECT
        m.*,
        coalesce(m.credited, o.credited, o.source, o.id, m.source, m.id) AS voice
    FROM members AS m
    LEFT JOIN (
        SELECT id, credited, source
        FROM members
        WHERE id IN (SELECT duplicate_of FROM members WHERE duplicate_of IS NOT NULL)
    ) AS o ON o.id = m.duplicate_of
)
SELECT
    story_id, -- id of the article that heads it
    min_by(title, {'at': "at", 'id': id})
        FILTER (WHERE title <> '') AS title, -- headline of the first article that has one
    min("at") AS first_at, -- when the first article was published
    max("at") AS last_at, -- when the last one was
    min_by({'site': site}, {'at': "at", 'id': id}).site AS first_site, -- who had it first
    count(*) AS articles, -- how many there are
    count(duplicate_of) AS copies, -- how many of them have another one's text
    count(DISTINCT voice) AS voices, -- independent ones: an agency with all that print it is one
    greatest(count(DISTINCT source), 1) AS sources, -- how many sites, or publications where these are unknown
    count(DISTINCT language) AS languages, -- how many languages
    count(DISTINCT source_country) AS countries -- in how many countries it was published
FROM voices
GROUP BY story_id;
