//! Segments: the typed tree compiled to parametrised SQL, and the segments that were kept.
//!
//! Every condition is true or false, never NULL, so that NOT means what it says. The text of the SQL comes
//! from here alone; whatever a person wrote is a parameter.

use jiff::Timestamp;
use rusqlite::{Row, types::Value};

use super::{
    Connection, StoreError, Tx, contacts,
    convert::{collect, column_instant, column_json, first, millis, to_json},
};
use crate::domain::{
    Channel, ConsentStanding, Contact, ContactId, Segment, SegmentId,
    segment::{Between, Explanation, Moment, When, birthday_window},
};

/// A condition over `contacts c`, and the values of its `?` in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    pub sql: String,
    pub values: Vec<Value>,
}

/// Compiles a tree. [`Segment::check`] comes first.
pub fn compile(segment: &Segment, moment: Moment) -> Compiled {
    let mut compiled = Compiled { sql: String::new(), values: Vec::new() };
    compiled.node(segment, moment);
    compiled
}

impl Compiled {
    fn say(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    fn bind(&mut self, sql: &str, value: impl Into<Value>) {
        self.sql.push_str(sql);
        self.values.push(value.into());
    }

    fn node(&mut self, segment: &Segment, moment: Moment) {
        match segment {
            Segment::All(parts) => self.joined(parts, " AND ", "1", moment),
            Segment::Any(parts) => self.joined(parts, " OR ", "0", moment),
            Segment::Not(part) => {
                self.say("NOT (");
                self.node(part, moment);
                self.say(")");
            }
            Segment::VisitCount(range) => self.between("c.visit_count", range.at_least, range.at_most),
            Segment::SpendCents(range) => self.between("c.spend_cents", range.at_least, range.at_most),
            Segment::AverageSpendCents(range) => {
                self.say("(c.visit_count > 0");
                for (sign, bound) in [(">=", range.at_least), ("<=", range.at_most)] {
                    if let Some(bound) = bound {
                        self.bind(&format!(" AND c.spend_cents {sign} ? * c.visit_count"), bound);
                    }
                }
                self.say(")");
            }
            Segment::LastVisit(when) => self.when("c.last_visit_at", *when, moment.now),
            Segment::FirstVisit(when) => self.when("c.first_visit_at", *when, moment.now),
            Segment::KnownForDays(range) => self.days("c.created_at", *range, moment.now),
            Segment::Dish(rule) => {
                self.bind("c.id IN (SELECT contact_id FROM contact_dishes WHERE dish = ?", rule.name.clone());
                self.bind(" AND count >= ?)", i64::from(rule.at_least));
            }
            Segment::Tag(tag) => {
                self.bind("c.id IN (SELECT contact_id FROM contact_tags WHERE tag = ?)", tag.clone());
            }
            Segment::BirthdayMonth(month) => {
                let month = i64::from(*month);
                self.known("c.birth_day", |it| {
                    it.bind("c.birth_day BETWEEN ?", month * 100);
                    it.bind(" AND ?", month * 100 + 99);
                });
            }
            Segment::BirthdayWithinDays(days) => match birthday_window(moment.today, *days) {
                None => self.say("(c.birth_day IS NOT NULL)"),
                Some((from, to)) => self.known("c.birth_day", |it| {
                    it.bind("(c.birth_day >= ?", from);
                    it.bind(if from <= to { " AND c.birth_day <= ?)" } else { " OR c.birth_day <= ?)" }, to);
                }),
            },
            Segment::DistanceKm(range) => {
                self.known("c.distance_km", |it| it.between("c.distance_km", range.at_least, range.at_most));
            }
            Segment::PostalCode(list) => self.known("c.postal_code", |it| {
                it.one_of(list, |it, start| {
                    it.bind("substr(c.postal_code, 1, ?)", i64::try_from(start.chars().count()).unwrap_or(0));
                    it.bind(" = ?", start.clone());
                });
            }),
            Segment::City(list) => self.words("c.city", list),
            Segment::Language(list) => self.words("c.language", list),
            Segment::Source(list) => self.words("c.source", list),
            Segment::Consent(rule) => {
                let column = match rule.channel {
                    Channel::Email => "c.email_consent",
                    Channel::Sms => "c.sms_consent",
                };
                match rule.state {
                    ConsentStanding::Unknown => self.say(&format!("({column} IS NULL)")),
                    state => self
                        .bind(&format!("({column} IS NOT NULL AND {column} = ?)"), state.as_str().to_owned()),
                }
            }
            Segment::HasAddress(Channel::Email) => self.say("(c.email IS NOT NULL)"),
            Segment::HasAddress(Channel::Sms) => self.say("(c.phone IS NOT NULL)"),
        }
    }

    fn joined(&mut self, parts: &[Segment], word: &str, empty: &str, moment: Moment) {
        self.say("(");
        if parts.is_empty() {
            self.say(empty);
        }
        for (number, part) in parts.iter().enumerate() {
            if number > 0 {
                self.say(word);
            }
            self.node(part, moment);
        }
        self.say(")");
    }

    /// A condition on a column that may be NULL: false then.
    fn known(&mut self, column: &str, condition: impl FnOnce(&mut Self)) {
        self.say(&format!("({column} IS NOT NULL AND "));
        condition(self);
        self.say(")");
    }

    fn between<T: Into<Value>>(&mut self, column: &str, at_least: Option<T>, at_most: Option<T>) {
        match (at_least, at_most) {
            (None, None) => self.say("1"),
            (Some(least), None) => self.bind(&format!("({column} >= ?)"), least),
            (None, Some(most)) => self.bind(&format!("({column} <= ?)"), most),
            (Some(least), Some(most)) => {
                self.bind(&format!("({column} BETWEEN ?"), least);
                self.bind(" AND ?)", most);
            }
        }
    }

    fn days(&mut self, column: &str, range: Between, now: Timestamp) {
        let (earliest, latest) = range.instants(now);
        self.between(column, earliest, latest);
    }

    fn when(&mut self, column: &str, when: When, now: Timestamp) {
        match when {
            When::Never => self.say(&format!("({column} IS NULL)")),
            When::DaysAgo(range) => self.known(column, |it| it.days(column, range, now)),
        }
    }

    fn one_of(&mut self, list: &[String], mut each: impl FnMut(&mut Self, &String)) {
        self.say("(");
        for (number, one) in list.iter().enumerate() {
            if number > 0 {
                self.say(" OR ");
            }
            each(self, one);
        }
        self.say(")");
    }

    fn words(&mut self, column: &str, list: &[String]) {
        self.known(column, |it| {
            it.one_of(list, |it, word| it.bind(&format!("{column} = ? COLLATE NOCASE"), word.clone()));
        });
    }
}

/// How many people are in.
pub fn count(connection: &Connection, segment: &Segment, moment: Moment) -> Result<u64, StoreError> {
    let compiled = compile(segment, moment);
    let count: i64 = connection
        .prepare_cached(&format!("SELECT count(*) FROM contacts c WHERE {}", compiled.sql))?
        .query_row(rusqlite::params_from_iter(compiled.values), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Who is in, by id; the next page begins after the last one.
pub fn ids(
    connection: &Connection,
    segment: &Segment,
    moment: Moment,
    after: Option<&ContactId>,
    limit: u32,
) -> Result<Vec<ContactId>, StoreError> {
    let mut compiled = compile(segment, moment);
    compiled.values.push(Value::Text(after.map(ToString::to_string).unwrap_or_default()));
    compiled.values.push(Value::Integer(limit.into()));
    collect(
        connection,
        &format!("SELECT c.id FROM contacts c WHERE {} AND c.id > ? ORDER BY c.id LIMIT ?", compiled.sql),
        rusqlite::params_from_iter(compiled.values),
        |row| Ok(ContactId::from(row.get::<_, String>(0)?)),
    )
}

/// A few people who are in, drawn by lot.
pub fn sample(
    connection: &Connection,
    segment: &Segment,
    moment: Moment,
    number: u32,
) -> Result<Vec<Contact>, StoreError> {
    let mut compiled = compile(segment, moment);
    compiled.values.push(Value::Integer(number.into()));
    collect(
        connection,
        &format!(
            "SELECT {} FROM contacts c WHERE c.id IN
                 (SELECT c.id FROM contacts c WHERE {} ORDER BY random() LIMIT ?)
             ORDER BY c.name_key, c.id",
            contacts::COLUMNS,
            compiled.sql
        ),
        rusqlite::params_from_iter(compiled.values),
        contacts::read,
    )
}

/// Why a person is in or out. Errors: [`StoreError::NotFound`].
pub fn explain(
    connection: &Connection,
    segment: &Segment,
    moment: Moment,
    contact: &ContactId,
) -> Result<Explanation, StoreError> {
    let facts = contacts::facts(connection, contact)?.ok_or(StoreError::NotFound)?;
    Ok(segment.explain(&facts, moment))
}

/// A segment that was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptSegment {
    pub id: SegmentId,
    pub name: String,
    pub tree: Segment,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

fn read(row: &Row<'_>) -> Result<KeptSegment, StoreError> {
    Ok(KeptSegment {
        id: SegmentId::from(row.get::<_, String>("id")?),
        name: row.get("name")?,
        tree: column_json(row, "tree")?,
        created_at: column_instant(row, "created_at")?,
        updated_at: column_instant(row, "updated_at")?,
    })
}

pub fn list(connection: &Connection) -> Result<Vec<KeptSegment>, StoreError> {
    let sql = "SELECT id, name, tree, created_at, updated_at FROM segments ORDER BY name, id";
    collect(connection, sql, [], read)
}

pub fn find(connection: &Connection, id: &SegmentId) -> Result<Option<KeptSegment>, StoreError> {
    let sql = "SELECT id, name, tree, created_at, updated_at FROM segments WHERE id = ?1";
    first(connection, sql, [id.as_str()], read)
}

/// Keeps a segment, new or changed. Errors: [`StoreError::Moved`] when another one has the name.
pub fn save(tx: &Tx<'_>, segment: &KeptSegment) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO segments (id, name, tree, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, tree = excluded.tree,
             updated_at = excluded.updated_at",
        (
            segment.id.as_str(),
            &segment.name,
            to_json(&segment.tree)?,
            millis(segment.created_at),
            millis(segment.updated_at),
        ),
    )?;
    Ok(())
}

/// Whether a sending that has not chosen its people yet names it.
pub fn is_awaited(connection: &Connection, id: &SegmentId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM mailings WHERE state IN ('scheduled', 'paused')
                 AND json_extract(audience, '$.segment_id') = ?1",
        )?
        .exists([id.as_str()])?)
}

pub fn delete(tx: &Tx<'_>, id: &SegmentId) -> Result<(), StoreError> {
    let gone = tx.execute("DELETE FROM segments WHERE id = ?1", [id.as_str()])?;
    if gone == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
