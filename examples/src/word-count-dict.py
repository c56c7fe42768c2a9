# The same with a dictionary.
words = ("the quick brown fox jumps over the lazy dog while the other fox sleeps " * 200).split()
seen = {}
for word in words:
    seen[word] = seen.get(word, 0) + 1
for word, count in sorted(seen.items()):
    print(word, count)
