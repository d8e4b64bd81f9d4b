"""SQL of consumers: parsed, held against an allow-list, qualified against the grant, rewritten and regenerated.

`allow` says what may be asked, `rewrite` puts the granted relations in place of the names, `lineage` tells where each
output column comes from. Nothing here runs anything, and the rewriting is not trusted alone: the engines hold too.
"""
