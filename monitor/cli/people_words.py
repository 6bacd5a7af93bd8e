"""What the commands about people's data say, in English and Japanese."""

from __future__ import annotations

SWEPT: dict[str, dict[str, str]] = {
    "en": {
        "source": "{source}: {asked} looked up, {changed} changed, {gone} gone, {unjudged} not judged",
        "left": "; the day's budget is used up and more are due ([sweep] in config.toml)",
        "error": "{source}: could not be asked: {error}",
        "old": "older than they may be kept: {count} purged",
        "trouble": "  {post}: not judged {tries:time} in a row {error}",
    },
    "ja": {
        "source": "{source}: 確認{asked}件、編集{changed}件、削除{gone}件、判定できず{unjudged}件",
        "left": "。1日の上限に達し、確認待ちが残っています(config.toml の [sweep])",
        "error": "{source}: 問い合わせできませんでした({error})",
        "old": "保存期間を過ぎた投稿: {count}件を消去",
        "trouble": "  {post}: {tries}回続けて判定できません {error}",
    },
}

FORGET: dict[str, dict[str, str]] = {
    "en": {
        "nobody": "Nobody is stored under {who}. Give the @handle or the author id (x:12345), as `monitor search --json` shows it.",
        "many": "{who} is more than one person here: {ids}; give the id, or --network",
        "own": "{who} is an account of the brand {brand}; take it out of config.toml and the database first",
        "confirm": "Purge everything that {who} ({id}) wrote here, {posts:post}? This cannot be undone.",
        "done": "Removed: {posts:post}, {edits:earlier text}, {reposts:repost} by others, {drafts:draft} to the person and "
        "{other_drafts:that names them/that name them}, {reply_copies:further copy of a reply/further copies of replies}, {notes:note}, {rejects:refused record}; "
        "taken out of the network data of {raws:other post}; {weeks:kept weekly report} will be written anew.",
        "remains": "Purged words can still be read in the database's files, because another process still reads an older "
        "state of it. Stop that process; `monitor run` or `monitor sweep` tries again within the hour.",
        "replies": "Your own published posts that name the person stay ({count}); delete them on the network if you must:",
        "naming": "Posts of other people that name the person stay ({count}):",
        "ids": "This network's post ids contain the account's id. They are kept in the purge log, so that a late page cannot "
        "bring the posts back.",
        "copies": "These files still hold something of the person; delete them, or let them run out:",
        "no_copies": "No file beside the database or in this folder holds anything of the person.",
        "elsewhere": "Backups and exports elsewhere, made before now, were not looked at. What the person writes from now on is "
        "read again.",
        "written": "{out}: written, readable for you alone",
    },
    "ja": {
        "nobody": "{who} という人の保存データはありません。@ハンドルか投稿者ID(x:12345 など。`monitor search --json` で確認できます)を指定してください。",
        "many": "{who} に当たる人が複数います({ids})。IDか --network で特定してください",
        "own": "{who} はブランド「{brand}」のアカウントです。先に config.toml とデータベースの登録から外してください",
        "confirm": "{who}({id})が書いたものをすべて消します(投稿{posts}件)。元に戻せません。よろしいですか。",
        "done": "消去しました: 投稿{posts}件、編集前の本文{edits}件、他の人による再投稿{reposts}件、本人宛ての下書き{drafts}件、"
        "本人の名が出る下書き{other_drafts}件、返信の控え{reply_copies}件、メモ{notes}件、取り込めなかった記録{rejects}件。"
        "ほかの投稿{raws}件に付いていたSNS側のデータからも本人の情報を除きました。保存済みの週報{weeks}件は書き直します。",
        "remains": "別のプロセスが古い状態を読んでいるため、消した言葉がデータベースのファイルにまだ残っています。"
        "そのプロセスを止めてください。`monitor run` または `monitor sweep` が1時間以内にもう一度消します。",
        "replies": "本人の名が出る自社の公開済み投稿{count}件は残ります。必要ならSNS上で削除してください:",
        "naming": "本人の名が出る他の人の投稿{count}件は残ります:",
        "ids": "このSNSでは投稿IDにアカウントIDが含まれます。遅れて届いたページで投稿が戻らないよう、IDだけは消去記録に残します。",
        "copies": "次のファイルには本人の情報がまだ残っています。削除するか、保存期限が切れるのを確認してください:",
        "no_copies": "データベースと同じ場所、およびこのフォルダーのファイルに本人の情報は残っていません。",
        "elsewhere": "ほかの場所にある、これより前のバックアップや書き出しは確認していません。本人が今後書いた投稿は再び取得されます。",
        "written": "{out} に書き出しました(自分だけが読めます)",
    },
}
