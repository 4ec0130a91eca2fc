/* SPDX-License-Identifier: Apache-2.0
 *
 * From a folder to passages: the tree of document files, one file's bytes, its plain text with
 * title and sections, and the chunks that are indexed. Blocking file calls; no state shared
 * between trees or documents, so each may be used by one thread at a time.
 */
#ifndef DOCS_DOCS_H
#define DOCS_DOCS_H

#include "base/str.h"

#define DOCS_FILE_MAX     (4U << 20) /* bytes of one file */
#define DOCS_DEPTH_MAX    32         /* folders in folders */
#define DOCS_TITLE_MAX    200        /* bytes of a title or heading */
#define CHUNK_CHARS       500        /* code points, at most */
#define CHUNK_OVERLAP     50         /* code points repeated from the chunk before, at least ... */
#define CHUNK_OVERLAP_MAX 200        /* ... widened to their sentence's beginning when that is this near */

/* ---- the tree ---- */
struct docs_file {
    char *path; /* owned; from the root, '/' between names, valid UTF-8 without control characters */
    int64_t size_bytes, mtime_ns;
};

struct docs_tree {
    int root;
    struct docs_file *file; /* sorted by path */
    size_t files;
};

/* What is left out and why: a file or a whole folder. `path` is made printable. */
typedef void docs_failed(void *ctx, const char *path, const char *why);

/* Lists the .md, .markdown and .txt files under `dir`. Hidden names (a leading dot) are skipped. Symbolic
 * links are followed while they stay inside `dir`; each file and folder is taken once, so loops
 * end. 0, -ENOENT, -ENOTDIR, -ENOMEM, ...; `failed` may be NULL. */
int docs_tree_open(struct docs_tree *out, const char *dir, docs_failed *failed, void *ctx, struct err *err);
void docs_tree_close(struct docs_tree *t);

/* Appends the file's bytes; out->max should be DOCS_FILE_MAX. X_E_LIMIT: too large; X_E_INVALID: not
 * UTF-8 or binary (err says where). */
int docs_read(const struct docs_tree *t, const char *path, struct buf *out, struct err *err);

/* ---- one document ---- */
struct section {
    char *heading;   /* "" under the title or before the first heading */
    size_t from, to; /* of the text */
};

struct document {
    char *title;   /* one line: first heading, else first line, else the file's name */
    bool untitled; /* the title is only how the first line begins */
    char *text;
    size_t len;
    struct section *section; /* in order, never overlapping; only those with text */
    size_t sections;
};

/* Valid UTF-8 without NUL in; by the name's ending Markdown or plain text. 0, X_E_INVALID, -ENOMEM. */
int document_parse(struct document *out, const char *path, const char *bytes, size_t len, struct err *err);
void document_free(struct document *d);
/* Used by the formats: closes the open section at the end of `text`, opens one under `heading`. */
int document_section(struct document *d, const struct buf *text, const char *heading, size_t len);
/* Plain text of Markdown: markup and raw HTML go, entities are decoded, list numbers stay. Sets title,
 * sections and text. */
int markdown_parse(struct document *out, const char *bytes, size_t len, struct err *err);

/* Calls `each` for every chunk, first to last; `text` is trimmed, not empty, borrowed from the document. A
 * chunk ends at a sentence's end when one is near, else between words, and never spans a heading.
 * A non-zero answer stops and is returned. */
int chunks_cut(const struct document *d, int (*each)(void *ctx, const char *heading, struct str text),
               void *ctx);

#endif
