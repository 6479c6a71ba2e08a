PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE appliance (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "appliance" VALUES('branch','https://branch.example.com');
CREATE TABLE checksum (
    feed INTEGER PRIMARY KEY,
    feed_hash INTEGER NOT NULL,
    row_sum INTEGER NOT NULL,
    seen_sum INTEGER NOT NULL
) STRICT;
INSERT INTO "checksum" VALUES(1,4888368836197023524,-6421647036908259822,-8457167756361374840);
INSERT INTO "checksum" VALUES(2,-4615267460263160653,-6994950974103375411,-7036835769542213758);
CREATE TABLE feed (
    number INTEGER PRIMARY KEY,
    appliance TEXT NOT NULL,
    name TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    cursor_ms INTEGER NOT NULL,
    is_complete INTEGER NOT NULL,
    notes TEXT NOT NULL,
    UNIQUE (appliance, name)
) STRICT;
INSERT INTO "feed" VALUES(1,'hq','modelbreaches',0,4,0,'');
INSERT INTO "feed" VALUES(2,'branch','modelbreaches',1,2,1,'0:3:a:b7:minimal5:false');
CREATE TABLE mark (
    feed INTEGER NOT NULL,
    id INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    PRIMARY KEY (feed, id, ms)
) STRICT, WITHOUT ROWID;
INSERT INTO "mark" VALUES(1,1,1);
INSERT INTO "mark" VALUES(1,2,2);
INSERT INTO "mark" VALUES(1,3,3);
INSERT INTO "mark" VALUES(1,4,4);
INSERT INTO "mark" VALUES(1,1,1000000);
INSERT INTO "mark" VALUES(1,2,1000000);
INSERT INTO "mark" VALUES(1,3,1000000);
INSERT INTO "mark" VALUES(1,4,1000000);
INSERT INTO "mark" VALUES(1,1,2000000);
INSERT INTO "mark" VALUES(1,2,2000000);
INSERT INTO "mark" VALUES(1,3,2000000);
INSERT INTO "mark" VALUES(1,4,2000000);
INSERT INTO "mark" VALUES(2,-9,7);
CREATE TABLE "row" (
    feed INTEGER NOT NULL,
    family TEXT NOT NULL,
    labels TEXT NOT NULL,
    part INTEGER NOT NULL,
    counted REAL NOT NULL,
    told REAL NOT NULL,
    is_held INTEGER NOT NULL,
    newest_id INTEGER,
    newest_ms INTEGER,
    born_ms INTEGER NOT NULL, newest_value REAL,
    PRIMARY KEY (feed, family, labels, part)
) STRICT, WITHOUT ROWID;
INSERT INTO "row" VALUES(1,'count','18:Compromise::Beacon8:critical',-1,4.0,4.0,0,4,4,1,NULL);
INSERT INTO "row" VALUES(1,'sum','',-2,10.0,10.0,0,NULL,NULL,1,NULL);
INSERT INTO "row" VALUES(2,'held','6:A::é
0:',3,2.5,0.0,1,-9,7,5,2.25);
INSERT INTO "row" VALUES(2,'latest','',-1,-1.0,-1.0,0,NULL,NULL,6,NULL);
CREATE INDEX mark_by_age ON mark (feed, ms);
COMMIT;
PRAGMA application_id = 1146378316;
PRAGMA user_version = 3;
