"""Between which letters those beside a–z stand in names: what tells one language from another. Pure.

language → letter → pairs of the letter before it and the one after it; `^` and `$` are the ends of a word. Made from
names of people and places, most of them of Faker's lists (MIT licence).
"""

from __future__ import annotations

# fmt: off
NEIGHBOURS: dict[str, dict[str, str]] = {
    "ca": {
        "à": "^l^nd$i$l$lllulvr$rcrsu$ur",
        "ç": "ean$nansrasa",
        "è": "^l^rc$clcsdsgsinlsmlmrnsntrzs$ts",
        "é": "^lb$pr",
        "í": "^c^nb$cll$mlr$t$umus",
        "ï": "osus",
        "ò": "^m^n^sclmdmnprrdslsr",
        "ó": "^sb$l$m$mnr$s$t$",
        "ú": "^r^sesjlnrsr",
        "ü": "alge",
    },
    "cs": {
        "á": (
            "^zb$bjbnbrbňd$dldmdndrešgth$hjhnhrhzhčjcjnk$kckdknkrktkšl$ldlhlklnlrltlvlzlčlřlšmdmkmlmnmrmsmšn$"
            "nbncndnhnknmnrnsntnvnřnšpcpkplpmpnrbrcrdrjrkrlrnrsrtrzrčržs$sdsksmsrszt$tdtktltntrtttzv$vcvdvkvl"
            "vpvrvtvvvřvžyšzbzczhzkzlzmzsztzvčtňkřkškšrštžkžnžr"
        ),
        "é": "dldndšgrirk$khktlklmlnlřlšmnn$nhnsr$rtrzt$tzv$vdvhzl",
        "í": (
            "^rb$bkblbtbčc$cccnd$drj$jljrl$lbldlklmlnlplvlčlřlžmcmdmlmrmsmřn$ncnknnnšnžpnpspšr$s$skslsnt$tntt"
            "v$vdvkvlvnvtvčvřz$zlznč$čkčnř$řbřdřhřkřnřpřtřzřčřšřžš$šmšnž$žr"
        ),
        "ú": "^d^h^j^p^s^t^v^šadhtsd",
        "ý": "b$bšdmdsh$hnk$kckml$ldlnlšmtn$ndnmnrnřr$rdrmsksrt$tltnv$vcvhvrvsvtvš",
        "č": (
            "^a^e^u^íaiaobidie$eeeiekeneoevikinisiíjol$lalelilklůminiocoeoionoáoírarirou$uaueuiunuovevíyaáeák"
            "íeíkínííěí"
        ),
        "ď": "aažažo",
        "ě": "b$bcblbsbtbžd$dddjdkdldndtdvdzdčdžmsmčmřmšn$njnknlnmntnvnznžpšt$tbtctdthtjtktmtptttzvdvnvrvtvzvž",
        "ň": "aaakasaábadae$eaecekesiao$oaosu$usyoá$šo",
        "ř": (
            "^e^ía$aeaoasaíb$babebibvbídedidíeiemhbhihíieiiiíkikío$oaoeoioooáoípepipít$tetitvtíuiá$áoáíé$íoís"
            "ýaěi"
        ),
        "š": (
            "^a^e^i^k^l^m^p^t^u^v^á^ť^ůaeaiakanaoapasaáaíaťe$eeekeneoeteíeťieikinioitiíiňjtlalimemínonpnto$oe"
            "oionoootoáoíoťrottu$uaueukuouputuíveyeysytyšá$áoáté$ékí$íeíiútýiýoěiěťšíůk"
        ),
        "ť": "aaš$šašošs",
        "ů": "cvhlhvk$lvm$mnn$nvr$rdrjrsrvršržt$tmvmvrčvšr",
        "ž": (
            "^a^d^e^h^i^l^o^u^áaeakasaíaďdadidodáeaeeekeneáeíikinlblolínhnsnvo$oeoiolomoooíoďriroueuiuná$ákán"
            "áoí$íaíeíiíkíoísěděkěněoěíůeůi"
        ),
    },
    "da": {
        "ä": "hn",
        "å": (
            "^$^b^d^e^g^k^l^r^sb$bdbge$fbfrg$gbgrgshbhghkhrhshvklknkrlblelglmlslvmgmkmlmnmrn$nsplprr$rbrdrgrs"
            "rts$sbsntntrtsv$vgvn"
        ),
        "æ": (
            "^b^g^k^r^tbkblbrccdadbebflfnfrfsgbgrhshujgjljrjvklkmkrkvl$lbldlglnlrlsmlmnnbnrnsplporarbrdrgrkrn"
            "rsrvsbsttktrvbvgvlvnvrvsvv"
        ),
        "é": "l$lem$n$nsr$",
        "ö": "jl",
        "ø": (
            "^$^b^d^e^g^i^j^l^m^r^s^v^yb$bdbebgbhbjblbrbvd$dndrflfrfvg$grgthehfhghjhnhrhshyi$j$jdjejljrjsk$kb"
            "kdkgkhkrkskvl$lblelgljlklnlsltlvm$mgmlmnmrn$ndnenhnjnknrnsnvorphptr$rarbrdrerjrlrmrnrrrsrvrys$sb"
            "sesfsgslsmsnsrsst$tbtjtltmtntrtttvv$vlx$y$"
        ),
        "ü": "kclcmnrg",
    },
    "de": {
        "ß": "abaeafe$eei$ieiliwo$oeu$ubönüe",
        "ä": "^nbcbhbrbtccduffgngrhfhihmhnhrhujcjgjhjkjnkfkgklkrksktlrmdmlmnmunfprr$rdrfruscsutftsttwbwdwhwlzn",
        "é": "bacacccdcldbdrdsglgrhlhrjrlalmlnlolrm$mgmln$neo$omptr$rdrerlrms$sbspsrsvtpvr",
        "ö": (
            "^m^zbbbcbhbrbsdbdhdrfhfrgkgngpgrgsgthbhchdhfhghlhnhphrhvhxjbjrkbkckfkhklknksktlclflglhlrlsltlwmc"
            "mdmhmlmrnbnrpcplprpspßrcrdrhrlrmrrrsrtsdslsmsnsrtctgttvcvlvrvswgwhwrzczh"
        ),
        "ü": (
            "bhblbnbrbsbtdbdndrfrfsglgngsgthbhlhnhrhshtjljrjtkhknkslblcldlmlnlsltmhmlmnmrnlnrphr$rbrcrdrerhrn"
            "rtskslsßtbtctltrttwrwtzr"
        ),
    },
    "es": {
        "à": "lumsv$z$",
        "á": (
            "^b^f^g^l^m^n^u^vb$bebnbrbñc$cccdcmcncqcrczd$dndrdvdzfbftg$glgmgngrh$hmhnhvi$injnjqjul$lclelnlslz"
            "m$mfmlmnmrmsmxn$ncndnjnnnsntotp$pcpepnprr$rnrqrsrzscsesnsrt$tmtntru$unurutv$vevnvrvsvzwly$ynyñz$"
            "zbzlznzrñn"
        ),
        "è": "^rgslrrs",
        "é": (
            "^d^lalanb$bjbnbtc$crcsdbdedsf$flfrglgnhchnhpigilinirl$lnlrlsm$mnmrmxn$nlnnnso$p$pnprpsr$rgrnrsrt"
            "rvs$snsst$titltntstvu$ulunusv$vlynysñ$"
        ),
        "í": (
            "^n^q^t^ñaaadalanasb$bocacfcod$dadedndofafngah$hahnhqjajll$lalblmlnlslvm$mamlmnmrn$nanbnnnrntosp$"
            "papor$rargrnrorqrss$slsqsst$tatnu$uaueunupusutuzv$vcvdñgü$"
        ),
        "ñ": "^i^u^íaaaeaiaoauaédaeaeoeóiaieiiioióoaoioouaueuiuouááeíióeúeúi",
        "ò": "tn",
        "ó": (
            "^l^r^sb$bnbrc$cmcncrczd$dndñefenfmg$gmgnhrinj$jdjnl$lelnlplrm$mnnnnvp$plpnpsr$rdrmrnrss$snt$tbtn"
            "tptrvnynzcznñn"
        ),
        "ú": "^l^m^r^talanb$bncccnd$f$fqgnjll$mdmgmñn$nrnñp$plpzr$rarzsst$tntqzaznzñ",
        "ü": "gegigí",
    },
    "et": {
        "ä": "^rhrjnjrjäkgkokrkskälnltlämemgmnpepiprpärirträsdthtävhvlväägäkänäräsätäv",
        "õ": "^i^n^ubshbhijejgkikrlhlolšmimtnmpdplrirlrurõsbsõtltnvdvrvsvõõmõr",
        "ö": "^p^ökskömlrösötöö$ököpörötöv",
        "ü": "^l^r^üjrkbklktmrmüpvrüsltüürüt",
        "š": "^e^m^t^urotateõe",
        "ž": "^ued",
    },
    "fi": {
        "ä": (
            "^h^ähjhkhmhnhrj$jgjkjljmjnjrjtjvjäk$khkiklkmknkrkskäl$lhlilklnlsltm$memkmlmnmrmän$njnlnmnnnrnsnv"
            "p$pipjplpnpvpärirjrlrnrsrträs$skslsmsnt$thtjtrtvtäv$vivlvnvrvsvyväwiy$ä$äkälänäsät"
        ),
        "ö": "blbsd$dbfgi$ilinj$jbjnk$kkklknl$ljlnn$plpyr$rkrmrnsrt$tnvnvyyr",
        "š": "tate",
        "ž": "dadi",
    },
    "fr": {
        "â": "bcblbtclgthmhtlclglmltmcpcpqprrcrtét",
        "æ": "lt",
        "ç": "aonanoro",
        "è": (
            "^vbgbzcldcdgdldsfbfvglgngrgshlhqhshvigilirisivlnlslvlzmlmznsnvolprrcrgrnrrrsrvrzslsrsvtrtstvudur"
            "vgxlyrzr"
        ),
        "é": (
            "^c^d^g^l^m^q^r^t^vb$babdbgbkblbnbrbzcacccdcldbdedldmdrdsfdflfrglgngogrh$hahbhehlhohrhvhâi$igilin"
            "irjgjrkvl$lalcldlelglllmlnlolrltlvm$mdmemgmlmnmomrn$ncndnengnlnso$omplpnppprr$rarcrdrergrlrmrnrp"
            "rsrtrurvrzs$sbsesgsnspsvt$tetltotptrtsubugurv$vnvqvrvzwrzezgzl"
        ),
        "ê": "bcgnhnntpcrnrtrvttvcvqvt",
        "ë": "alataviloloyul",
        "î": "^latbmdngtllosotut",
        "ï": "aaacadalamanaqarasatazelocos",
        "ô": "anclcmctdmhnhphtplrmtnvt",
        "û": "bcdmltmrotrl",
        "ü": "mlns",
        "œ": "bucusuuu",
    },
    "hr": {
        "ć": "^o^ua$aeeii$iaieinoaše",
        "č": (
            "^a^e^i^o^r^ua$aaaeaiajakanaubebie$eaeeeiekemeneui$iaieiiikinjejikelaleliljmemin$naneninknnnooaoe"
            "oionpepirerirkrnroruteuaueuiujukunvavevivjšašešiškšu"
        ),
        "đ": "^a^o^uaaaeaieieonaneoarareriua",
        "š": (
            "^a^e^i^k^l^m^o^p^r^t^u^va$aaaeaiakanaoapataue$eaeeeiekeneoeči$iaieiiijikinitićičjejmkakilalčmami"
            "mknenknto$oaocoeoiokolonoootočpararerirjrkrnrortruu$uaueuiukulunutućučvevivkvnvč"
        ),
        "ž": (
            "^a^e^i^n^o^r^ua$aaadaeagaiamanaodadieaedeeeiejeni$iaieiiijiminlimanenuo$oaoeoiomonooourarerirnu$"
            "uaueuiunv$"
        ),
    },
    "hu": {
        "á": (
            "^b^d^g^k^l^rbcblbnbsdmdndrdsdvekenetfbfngbglgrgshlhnhrhshthzinjmjnjsjzkcklknkrkslglhlklnlrlslzml"
            "mnmrmsmtndnnnrnsntpdplpnppprpsptrbrcrdrgrlrnrsrvsdsgsksnsrtdtntrtvvcvjvkvnvrvsvtvzyszgzlznzr"
        ),
        "é": (
            "^r^s^vbkblbrdkdldnflgrgzhrjrknksldlklnlrlsm$mnmrmsmtn$nlnmnzompcptrkrmrnrsrtrurzsbsgsnsrstt$trts"
            "vdvgvnvrvsykzczkzlzp"
        ),
        "í": "^rbrdvhdknlbltlvmbmrr$rnsksptmtnyrzlzr",
        "ó": "^c^za$b$dndrdzfrg$giglgthdipjnjzk$krksl$lrlsmnmrngnrosr$rbrdrnrvrzs$sfsksst$tftrtty$",
        "ö": (
            "^d^k^n^r^t^zbdbzdbdgdmdndrflfrfvgdgngrhljvkkkrkskvkzlglklplvmlmrmsmtntpsrcrdrergrkrnrsrzspsrtktm"
            "trtsvrvsvőynyrzgzlzm"
        ),
        "ú": "^j^tadajd$gzjlprrtrzyl",
        "ü": "^r^v^zbkbtdsflfrfsfzhbjrklkrmbnrpnrcrlslsmsttntrtsttv$yrzczr",
        "ő": (
            "^r^s^zb$bdbgbhbsd$dcdddsg$gcgzhnk$khkmknkrkskvldlhlrlslwmcmkn$ntpcr$rcrtrzs$skstt$tftitktttzvfvn"
            "yryzz$zczdzkzlznzrzszvö$"
        ),
        "ű": "^rbddsfrftfzhvkrmvr$srtrtztűyrysz$zczkzrztű$",
    },
    "is": {
        "á": (
            "^g^k^l^m^r^sbrdnf$ffflfnhkhlhmhrhshvj$jfjkjljnjrjtklkrl$ldlelflklrlsmbmkmlmnmrn$ntplr$rirkrnrrrs"
            "rðslvfvlvpvr"
        ),
        "æ": "^g^s^vbrdjgfhnkjkrldlllnlrlvnbndnfnhnlnrnvnþrrsbsdsfshsislsmsnsrsssusvsþ",
        "é": "hðldlglrptr$rlrsrtvbvdvgvkvlvmvnvs",
        "í": (
            "^a^d^g^m^n^r^s^u^vaaadalamasb$babbblbncad$dadedldmdndrdsdðdófafdfffnfrgagdgggngsgthahrkeknkokrkt"
            "kðl$lalbldlelflklmlnlrlslulvlðm$mammmnmrmtmón$nandnenfnknlnnnsntnunvpaptr$rarerfrkrlrmrnrorsrtru"
            "rðrós$sasmsnsrssstsusvtatbtetgtmtntstuv$vavbvdvfvgvkvnvrvsvtvuvðvóxaxuðnús"
        ),
        "ð": (
            "aaaeagaialasauavaíaóe$eneseuevfdgaiaibidieifigihiiijiliminirisiuivióiþoiomorr$rardrirlrmrsruubud"
            "ufugujukulumunurusuuuvuóuþyayjyrá$ágáhásáuávéií$íaíbídíiíkísíuó$óaóbógóhóiólómónórósóuóvóóö$ömös"
            "öuövúaúmúuúvýsýu"
        ),
        "ó": (
            "^d^f^l^m^s^t^ðambabebibrbtdadldmdndrdse$edenepesflfng$gagggiglgshlhrhsjajdjejfjhjijkjljmjnjrjsjt"
            "jvjðk$kkklkpksl$lalbldlelilklmlrlvlðmbmdmemhmlmnmrmsmtmðn$nandneninlnnnrnsntnvpiplr$rarbrirlrmrn"
            "rrrsrtrðsfskslsnsþt$tbtftitktltmtrtstttvzpí$ílímísðlþr"
        ),
        "ö": "^g^l^n^r^s^xbrbðdgfnhdhfhghrhshðjfjkjljrlflklðmrnknrrfrgrkrnrrrsrðslsrvgvkvlvnvrvtþl",
        "ú": (
            "^a^d^l^n^rbibrdadfdidldnfsgageglgshbhghmhnhrhsjdjfjkjljnjrklkrksktlclklmlnlsltlvlílðmemlmtnenlnm"
            "npnsntr$rbrdrmrnrrrtrðsaslsstetltntrtsþf"
        ),
        "ý": "^j^m^rb$crd$drg$gggml$ldltlðm$mrn$nanbnjnrnsnvr$rss$srt$trv$",
        "þ": "^a^e^i^j^o^r^u^y^ó^ö^úaedófafógrgóiókólrlómónrnórjrrrósótrtóyryóæóðjðóóe",
    },
    "it": {
        "à": "a$b$c$d$e$f$g$h$i$l$m$n$o$p$r$s$t$u$v$z$",
        "è": "a$b$c$d$e$f$g$h$i$l$m$n$o$p$r$s$t$u$v$z$",
        "é": "p$",
        "ì": "a$b$c$d$e$f$g$h$i$l$m$n$o$p$r$s$t$u$v$z$",
        "ò": "a$b$c$d$e$f$g$h$i$l$m$n$o$p$r$s$t$u$v$z$",
        "ù": "a$b$c$d$e$f$g$h$i$l$m$n$o$p$r$s$t$u$v$z$",
    },
    "lt": {
        "ą": "^s^žksmsrsssžs",
        "č": "^e^iaiiaiioiuauiuy",
        "ė": "d$djdnkmknl$ljn$nrr$rjrzsdt$tjvbvjvlvn",
        "ę": "^rkslšrsts",
        "į": "^g^sržšm",
        "š": "^a^e^i^k^p^u^įakekikkyokriuauiuręi",
        "ū": "^d^k^sddikiniritjnjrkbknmnpkprrkrnrttbtmtrvnžk",
        "ų": "isksn$",
        "ž": "^a^e^i^u^v^y^ą^ūaeayiaąuįaįt",
    },
    "lv": {
        "ā": "^b^d^rcldrdvgginjnjzkrlcmlmrnrtltrvnvrzlļn",
        "č": "^aiais",
        "ē": "^r^vbrjkljlnprptrdrnrsrtvjzrķlķn",
        "ģ": "^e^iieoeoiriuiļeņi",
        "ī": "^vbtcrdtglgnlblcldlglnltlzmlmtrdrnrtrvsmsttltntsvdvkvnvrvtvzzlztķtžg",
        "ķ": "^i^u^ēaeaiieiiueuīšē",
        "ļ": "^a^uaeiuiāiņkaoeoģpa",
        "ņ": "^iaeaiakiaišoiseuģļa",
        "š": "^m^t^ķesijisņ$",
        "ū": "^d^sdmgnjljrlclspcrdrmrtrvrztr",
        "ž": "^a^u^īaaeieuoa",
    },
    "nl": {
        "ç": "aano",
        "è": "glhlhvigirivizjnlnlrlvnsrnrsrvscslyr",
        "é": (
            "bebgc$cccdceclcrdrflgrh$hehlhrhvicieiritivjrl$lclelglhlmlnlolrm$mamdmemhmlmomvn$ncneo$omprr$rdre"
            "rhrlrprus$sbseslsvtpuvvrwpwrz$zezmzt"
        ),
        "ë": "alaneii$ilino$olonorovs$ul",
        "ï": "amanasatocosuz",
        "ö": "^mbkhnjrksolopre",
        "ü": "blbtjr",
    },
    "pl": {
        "ó": (
            "bjbrbwcwdwgrgwgłhwhłibiriwiłjzjźkbkwkzkłlwmwngnwnżplprpłrbrdrgrjrlrtrwrzrżsltgtjtrtwwdwjwrzszwzł"
            "łcłdłgłjłsłwżł"
        ),
        "ą": "bbbcbkckdbffgbgggsicidisitizjcjkktldlglsmdrbrcrdrgrżscsdsssżtpwgwswzzbzczdzkztłcłdłgłkłt",
        "ć": "^m^wacake$eki$j$o$owuky$ś$",
        "ę": (
            "bddbdggbgcgggsibicigikisitiżjdkdksktlblclkmcmdmtndpcpdpkrbrcrgrprtrżsdsptctgtpwgwżzbzdzkzpzszśłb"
            "łcłgłkłsłz"
        ),
        "ł": (
            "^a^e^o^u^y^ó^ą^ęa$aaabacadaeagakaoatauawayaęażbabobąbęcadadodue$eaebeceeekemeoeuezełgagogugóhaho"
            "hąi$iaigikioiskakokykómamomyo$oaocoeokonoooposotouoyoóoąoęołpapopupórarorós$sasosusytotuuaueukwa"
            "woyoyuzazozyó$óaócódókónótłyłą"
        ),
        "ń": "a$acakase$ecekiciso$ocosu$usy$ycys",
        "ś": "^c^l^m^n^r^wa$acakalamane$ecekeleni$icikilinjco$ocokolonopowoćp$u$ucukumunuwy$ykylyćęcęl",
        "ź": "^ra$adalamanawbdd$dkdwenodolonunów",
        "ż": (
            "^a^b^e^m^o^u^w^y^óa$aaadaeamanaoaudadodyeaeneoeyi$iaiylbmaodoeonooouoyraroryu$ueuyy$yoyyó$óaóeók"
            "ąeąnąyęaękęnęoęył$"
        ),
    },
    "pt": {
        "à": "^$",
        "á": (
            "^f^g^l^p^r^ub$bbblbrbtcccrcsctd$dsdvfbftgrgsgvhci$isizl$lslulvlzm$mlmrmsn$ncndnro$ocp$ptr$rbrgrl"
            "rss$srstt$tbtgtltqtrtvu$vqvr"
        ),
        "â": "^nbncmcndnfngmlnmnnnrmrntnunvnzmznçm",
        "ã": "bocodoeofeg$goh$hehoieiojol$m$memonoooporeriros$sot$tetou$voç$ço",
        "ç": "aaaoaãaõeaeãiaioiãnanonãoaoârarouaía",
        "é": (
            "^r^vblbrcmcscudbdidlf$glgngrhlhoimjskvl$lglmlom$mimlmnmrmxn$nso$pir$rcrgrms$srsst$tltmu$ucunvmvn"
            "xrz$zn"
        ),
        "ê": "bncsdngmgnhsimlsmdmnnsprrargrlrtt$tntstvu$unusvavnvszz",
        "í": "^c^l^n^r^sa$abasclgnlblclplvmbmlmnncngnsosprrcrmrnrsslsrsttctgu$usuçvmvnvt",
        "ó": "^bbscrdneferfrgiglipj$jilglnlrmnmsninpnrpvr$rdrgrirnrssntntrtvv$",
        "ô": "bacacndndvlmlnmnsrtnv$",
        "õ": "beeemepereteçe",
        "ú": "^ra$abadajalandsjljnlcmsncnrpbrbrnrstbtn",
    },
    "ro": {
        "â": "^nbrcmcrdmgnhnlnmnprpsrnrprşsnsrtmvlvn",
        "î": "^nbrcrgrhnmnprrnrpsrtrvlzmţr",
        "ă": (
            "^nblbnbsc$clcrctcudldnfnftgignhihul$lcldlglnlrlzmcmdmgmlmnmrn$nsp$pcptpur$rcrdrgrirjrmrtrzslsnsu"
            "svtltnttvcvdxnz$zrzuzvţ$ţrț$"
        ),
        "ş": "^ta$aicue$iaiooaobu$uaueuoâm",
        "ţ": "^e^i^u^î^ăa$aieuiaiănanăo$oou$uauouuuă",
    },
    "sk": {
        "á": (
            "^b^rb$bbbcbgbhbkbnbrbtbčbňcdckd$dcdkdldmdndrdvdčdňdšekenetešfcfnfrgdglgngrgtgčgňh$hjhlhmhnhrhčhň"
            "hšilinišjnjrk$kcklknkrktkzkčkšl$lbldlklllmlnlrlsltlvlčlňlšlžm$mcmjmlmnmrmčmšn$nbncndnknlnmnnnrns"
            "ntnvnčnšp$pdpkplpnprpsptpčpšr$rbrcrdrgrkrlrmrnrrrsrtrvrzrčrľrňršržs$sdsksmsnsrsst$tbtktltntrtttv"
            "tčtňunv$vbvcvdvhvkvlvnvpvrvsvtvčvňvžynz$zbzdzhzkzlzmznzpzrzsztzvzzzččkčnčpčrďkďrňkňrřkšcškšnšršv"
            "ššťk"
        ),
        "ä": "mnmtptvcvdvtvz",
        "é": (
            "brdrdzdšflghgngrh$hhirjgk$khl$lhlnlrm$mlmnmrn$nhnlntnzphr$rcrdrhrlrrrtrurvrzsnt$thtntsttv$vbvdvh"
            "xnzl"
        ),
        "í": (
            "^l^rb$bkblbnbrbčbňcfcgckclcndkdnfngnjcjkjčlblklmlnlplslvlčlňlšlžmbmkmlmnmrn$ncnknnnrnznčnšnžpkpl"
            "pnr$rbrcrdrjrkrlrmrnrprsrzržsksnsčtdtktltntttvtšvbvgvkvnvrvtvťz$zczkzlznč$čkčnčočrčččžšdškšnšpšr"
            "žnžržt"
        ),
        "ó": "brdngnipjkkrlnmrnlnnnrrbrmrnrtrztktntrts",
        "ô": "^sbrdsgthrhtkpksmlnpntpdpttltčtň",
        "ú": (
            "^b^d^h^p^r^v^z^ľ^žakbdbčcccrczdbdzdšgnhshthňhšjljnkbkckkkpkrksktkňkšlblclklčlžmnmtmznsnšpcppptrb"
            "rdrfrhrprtrňršsbsdshskslsmstsčsľsťtctntrtšvcvkzbčnčvľcľčšršt"
        ),
        "ý": "b$h$hrhľk$kckokrkčkľkšl$lcldlrm$mtn$ncnrnzp$r$rdrsrčsksrt$tltsv$vbvcvhvmvrvsvtvvvč",
        "č": (
            "^a^e^i^m^o^r^u^á^ía$aaaeaiakamanaoasauaáaúbabebibobídae$eaeeeiekeneoeteáeíi$iaieiiikiminioisj$ja"
            "jijojájíkílalilklolímimomín$naneninonsnunánío$oaoeoiokonooosoáoíoúpapipopír$rarerirmrorárítateua"
            "ueuiukumunuousuívavevivíyká$áaáeáiákánáoásí$íeíkíoísôkú$úaúiúkúnúoýaýeľaľišašišá"
        ),
        "ď": "^a^o^ua$aaaoaáe$eolaláo$roža",
        "ĺ": "kzsň",
        "ľ": (
            "^a^ua$aaakaoauaúbadadoe$eaekeneoepesgahaiaijiokakukúmao$oaodogokonooosočošpaporasauaukuovazoá$áa"
            "áoúaúoýoýsšašo"
        ),
        "ň": (
            "^a^áa$aaakaoavaábadae$eaeoeueáhahoiaioiájalaloo$oaokoooupararosasáuavavoyayoá$áaáoíaíoô$ú$úoĺaŕa"
            "ŕošošáža"
        ),
        "ŕ": "tntňvbvš",
        "š": (
            "^a^e^i^k^l^m^o^p^r^t^u^v^á^í^ú^ťa$aaaeaiakamanaoapasatauaíačaťbibue$eaeeeiekeneoeseteňeťi$iaieii"
            "ikioisitiíiúiľiňj$jojtkakikokálalomamemonenintnánío$oaoeoiokonoootouoáoíoúočoňoťpepírarkrlrortru"
            "u$uaueuiukunuoutuťy$yayeykynyoysytyíyľá$áaáeáiákáoásátáťé$ésí$íeíkíčú$úeúkúoúčúťý$ýoľaľiľoŕkŕo"
        ),
        "ť": "^aaoe$eoi$ioo$oaooras$sasosáuoíaúaš$šašošá",
        "ž": (
            "^a^b^d^e^i^l^o^ua$aaadaeaiakalanaoasaíaňbadadidodse$eaedeeeiekemeneoiaiiikinioisiňjilalblelínsoa"
            "oeoiokonooosouovoíoďoňr$rarerkrouaubueuiulunuousyná$áaáeánáoásí$íeíiíníoísúiún"
        ),
    },
    "sq": {
        "ç": "^e^uaiaëeioioërirëuaueuiuo",
        "ë": "brd$dbdsfrg$gzh$hnj$jrk$klknl$lzmhmrn$p$prptr$rlrns$t$tltrvlz$znzrç$",
    },
    "sv": {
        "ä": "^n^rbcflfrgrgvhghlhtjgjmjrkllnmnmrnsprrdrnsltlvgvivrvsvxwh",
        "å": "^b^g^k^n^se$grhkknkrmnmrphplrlrsssthtqwh",
        "é": "dednlnm$naner$rarernrsrus$snzn",
        "ö": "^b^d^h^r^saabrböfrg$grgsgthgj$jbjdjgjhjljnjrjskakhklknkpkvlalflnlvm$mln$nararmrnsasdsrtruayaös",
    },
    "tr": {
        "â": "^d^lhlkmkzl$lllmlnltlyvl",
        "ç": (
            "^a^e^i^o^ıa$anaıe$egeiemi$ieiskakekikulelun$nanbneninknlnonso$oaokr$reriu$uaubuiyazaü$üaügülüyğe"
            "ı$ıb"
        ),
        "ö": "^c^g^k^m^n^r^v^z^ğbrdldngkglgngrgzkkkskzlvlzmhnnrzsksnsyszsğtrtzuzynzhşh",
        "û": "ll",
        "ü": (
            "^b^g^l^m^n^r^s^z^çbgbkbnbrbşcncyd$dldndrdzfgfyg$gbgcglgmgngrgtgvgzgçhdhkhmhrhskbkdkfkmkrl$ldlelf"
            "lhlsltmbmcmfmhmjmkmlmmmnmrmsmvmzmğmşn$nbndnhnlnrprrkrmrnryrşs$scsdshslsmsnsssvsztktltmtntrtzvnyc"
            "ykylymypyrzdzfzhzlzmğtşkşr"
        ),
        "ğ": "^aa$aaabacadaialamavaıeeemiiimoaodolorouu$uaubucurutuuuçöeöröüübı$",
        "ı": (
            "brc$cmdgdkdldmdndrdzfrfzg$gngzgşhfhgk$klknkrkskvkykzl$lhlklmlnlçlşmkmşnmnrnşpnrcrerfrkrmrprsrşsl"
            "smsnsrsyszsğt$tatltntrtşvlylynytz$zdzlç$çdçkçlçvğnğtğzşkşmşn"
        ),
        "ş": "^a^e^i^u^ö^üa$aaahaiakaoe$eheierhii$iaiiiılalemananeokour$rariu$uaurviyayeüeürütüüı$ıcıı",
        "̇": "ibidihikiliminirisiviyiziçiş",
    },
}
# Common names: where a word is read as one of them, it hardly is another.
_NAMES = (
    "adèle agnès agustín aleš alžběta amélie anaïs andré andrée andrés anežka antónio antônio araújo asbjørn "
    "aslıhan asunción aurélie aurélien aydın ayşe ayşegül aïcha ağca babić barthélémy barış begoña belén "
    "benoît bergström besançon birutė björk björn bjørn blažena bogumiła bohuš bolesław bożena božena "
    "brandão brânză brøndum bálint bäcker bärbel béla bénédicte bíró böhm bødker bøgh børge bērziņš "
    "błażej břetislav calò cannavò chloé clémence clément conceição concepción constanţa cristóbal czesław "
    "cécile cédric céline côme cătălin cătălina daniël danutė dezső domínguez donà doğan dušan dvořák dénes "
    "désiré díaz dąbrowska dąbrowski dąbrówka eglė elżbieta encarnación erdoğan erdős ernő erzsébet "
    "fabrègues fehér fernández forlì františek françois françoise frédéric frédérique fűri garcía gaël "
    "gaëlle geneviève gergő germán giosuè gisèle gonzález gonçalo gonçalves grażyna groß großmann grégoire "
    "grégory grün guimarães gutiérrez gyöngyi györgy győző gábor gáspár gérald géraldine gérard gómez "
    "górski gökhan gökçe göran gösta götz gülay gülşen günter günther gąsiorowski hegedűs hernández hervé "
    "holmström hornák horváth hägglund hämäläinen hänsel håkan héctor héloïse hélène höglund højgaard "
    "hüseyin ibáñez ildikó inès inés inês ioniţă ionuţ irène istván ivančica iñaki işıl jabłoński jarosław "
    "jenő jesús jiménez jindřich jiřina jiří joaquín jonušaitė josé joão joël joëlle juhász julián "
    "jurić jános jäger jääskeläinen jérémie jérémy jérôme józef józefa józsef jõgi jörg jörgen jörn jørgen "
    "jørgensen jürgen jüri jānis jūratė kalniņa kamiński katarína kateřina kazlauskienė kjær kovačić kovács "
    "kováč kozłowski kristīne krisztián krämer król krüger krūmiņš květa kálmán käthe kåre kõiv köhler könig "
    "kühn kārlis kęstutis kılıç kőműves lefèvre lemaître lesław libuše liepiņš lindström loïc luboš lucía "
    "lukáš luís lászló lærke lætitia lévêque lópez löffler löfgren lüdke līga lőrinc magalhães "
    "magdaléna marković marlène martín martínez maría matouš matěj maël maëlle maïté małgorzata michaël "
    "michał michèle mickaël mieczysław mihály mihăiţă mikuláš miloš miluše mirosław mosè moïse muñoz mária "
    "mário márquez márta márton mátyás máté mägi mäkinen märta määttä måns månsson mårten mégane mélanie "
    "méndez mészáros mónica mónika möller møller mørch müjde müller mārtiņš mārīte naïma niccolò "
    "nicolás nicolò nijolė nordström novotný novák nováková noémie noël noëlle nuño nyström nándor németh "
    "nørgaard núñez němcová němec océane oldřich ondřej ortíz ozoliņš oğuz papà patrícia paweł perić però "
    "petrović peña pintér piątek przemysław prévôt pârvu päivi pärn pérez péter põld pēteris pınar přemysl "
    "radosław radoš rafał ramírez raphaël raphaëlle raúl rené renée rocío rodríguez rubén räsänen réka rémi "
    "rémy rózsa răzvan rūta růžena růžička schröder schäfer schürmann schütz sebastião simão simões sjöberg "
    "sjöström sofía solène stanisław stéphane stéphanie suárez szabó szczęsny szymański szőllősi szűcs szűts "
    "sánchez sándor sébastien ségolène söderberg söderström sören søndergaard søren sørensen sławomir tadeáš "
    "takács tamás thaïs thorbjørn théo théodore thérèse timothée tomás tomáš tuğba tuğçe tímea tóth tõnis "
    "tõnu tülay tünde uğur valérie verónica vojtěch václav vázquez väinö véronique víctor vítor vítězslav "
    "vörös věra wacław wacława weiß wiesław wiśniewska wiśniewski woźniak wróbel wójcik władysław "
    "włodzimierz yaël yağmur yrjö yáñez yıldız yılmaz zając zariņš zbyněk zdeněk zdeňka zdzisław zielińska "
    "zieliński zoltán zúñiga ádám ágnes áine álvarez álvaro ángel ángela ángeles áron árpád åberg åkerlund "
    "åström çağlar çelik çetin édith édouard élise élodie éloïse émile émilie éric étienne íñigo óscar õnne "
    "öberg ödön öhman ömer östen österberg österreicher özgür özlem öznur öztürk øjvind østergaard "
    "øystein ülle ümit ąžuolas čeněk černý česlovas ďurišová đorđe đuro ēriks ģirts ışık ķēniņš ľubomír "
    "ľudmila łucja łukasz łączyńska řehoř świętosława şahin şeyma ştefan şule şükrü šarūnas šime šimić "
    "šimkūnaitė šimon štefan štěpán štěpánka šárka źrebięć żaneta żywia żółć žaneta željko žilvinas žofia "
    "žofie žukauskaitė žydrė "
)
NAMES = frozenset(_NAMES.split())
