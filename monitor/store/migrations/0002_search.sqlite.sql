-- Contentless: the index holds terms (see monitor.text.search_terms) and never a second copy of a post.
CREATE VIRTUAL TABLE search USING fts5 (terms, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0');
