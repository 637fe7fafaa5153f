"""Bodies that sit: commissions, working groups, dialogues, the survivors' council; seats, sittings,
votes, minutes, what was resolved and proposed. No row names a person who was helped, or a case."""
