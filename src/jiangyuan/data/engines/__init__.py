"""The engines that run a plan. Each takes nothing but a sealed `Plan`, bounds it, and keeps its own words to itself."""
