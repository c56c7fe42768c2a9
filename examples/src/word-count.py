# How often each word occurs, with one list that is searched for each word.
words = ("the quick brown fox jumps over the lazy dog while the other fox sleeps " * 200).split()
seen = []
for word in words:
    for entry in seen:
        if entry[0] == word:
            entry[1] += 1
            break
    else:
        seen.append([word, 1])
for word, count in sorted(map(tuple, seen)):
    print(word, count)
